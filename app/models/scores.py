"""The history of the health score."""

from datetime import datetime

from sqlalchemy import Float, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Moment


class ScoreSample(Base):
    """The health score of all hosts or of a monitor at one time, a multiple of five minutes."""

    __tablename__ = "score_samples"

    scope: Mapped[str] = mapped_column(String(32), primary_key=True)
    """`fleet`, or `monitor:` and its id."""
    at: Mapped[datetime] = mapped_column(Moment, primary_key=True, index=True)
    score: Mapped[int] = mapped_column(SmallInteger)
    load: Mapped[float] = mapped_column(Float)
    open_alerts: Mapped[int]
    """Active and acknowledged alerts, without suppressed ones."""
