"""The tasks that send a code or a test message to a channel, or an answer to a person in a chat."""

from collections.abc import Mapping
from typing import Any

from app.rules.task_params.contacts import AnswerChat, TryChannel
from tasks.base import Run, task


@task(TryChannel)
def try_channel(run: Run[TryChannel]) -> Mapping[str, Any]:
    """Send a test message or the code to a channel."""
    if run.params.account is not None:
        return run.services.contacts.trials.send_link_code(run.task_id, run.params.channel_id, run.params.account)
    return run.services.contacts.trials.send(run.task_id, run.params.channel_id, is_code=run.params.code)


@task(AnswerChat)
def answer_chat(run: Run[AnswerChat]) -> Mapping[str, Any]:
    """Tell a person in a chat why a click did nothing."""
    return run.services.contacts.chat_answers.send(run.params.channel_id, run.params.answer)
