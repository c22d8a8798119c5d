"""A connector from nagare to a status board: the monitor type `statusboard`."""

from nagare_connector_example.connector import StatusBoardConnector

__all__ = ["StatusBoardConnector"]
