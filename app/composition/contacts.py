"""Builds the services of teams and channels."""

from dataclasses import dataclass

from app.channels.chat import CHATS
from app.channels.outgoing import ChannelSender
from app.channels.sender import Sender
from app.composition.ledger import Ledger
from app.composition.resources import Resources
from app.services.contacts.address_trials import AddressTrials
from app.services.contacts.addresses import Addresses
from app.services.contacts.channel_trials import ChannelTrials
from app.services.contacts.channels import ChannelService
from app.services.contacts.chat_accounts import ChatAccounts
from app.services.contacts.chat_answers import ChatAnswers
from app.services.contacts.contact_methods import ContactMethods
from app.services.contacts.contact_rules import ContactRuleService
from app.services.contacts.migrated_services import MigratedServices
from app.services.contacts.teams import TeamService


@dataclass(frozen=True)
class Contacts:
    """Teams, channels, and by which of them people are told."""

    teams: TeamService
    channels: ChannelService
    contact_methods: ContactMethods
    contact_rules: ContactRuleService
    chat_accounts: ChatAccounts
    chat_answers: ChatAnswers
    trials: ChannelTrials
    migrated_services: MigratedServices
    sender: ChannelSender
    addresses: Addresses
    address_trials: AddressTrials


def build_contacts(resources: Resources, ledger: Ledger) -> Contacts:
    """Build the services of teams and channels."""
    database, vault, sender = resources.database, resources.vault, Sender()
    secret_key = resources.settings.secret_key.get_secret_value()
    channel_sender = ChannelSender(sender, CHATS)
    addresses = Addresses(vault, sender, CHATS)
    return Contacts(
        teams=TeamService(database),
        channels=ChannelService(database, addresses),
        contact_methods=ContactMethods(database, vault, addresses, ledger.outbox),
        contact_rules=ContactRuleService(database),
        chat_accounts=ChatAccounts(database, vault, ledger.outbox, secret_key),
        chat_answers=ChatAnswers(database, vault, ledger.outbox),
        trials=ChannelTrials(database, vault, channel_sender, secret_key),
        migrated_services=MigratedServices(database, vault),
        sender=channel_sender,
        addresses=addresses,
        address_trials=AddressTrials(database, vault, addresses, channel_sender),
    )
