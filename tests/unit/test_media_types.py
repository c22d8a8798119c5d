"""The media type for Zabbix 5.0 sends what the one for 6.0 and later sends."""

from pathlib import Path
from xml.etree import ElementTree as ET  # our own file

import yaml

SHIPPED = Path(__file__).parents[2] / "deploy" / "zabbix"


def test_both_media_types_send_the_same() -> None:
    document = yaml.safe_load((SHIPPED / "nagare_media_type.yaml").read_text(encoding="utf-8"))
    [new] = document["zabbix_export"]["media_types"]
    old = ET.parse(SHIPPED / "nagare_media_type_5.0.xml").find("media_types/media_type")
    assert old is not None
    rows = old.iterfind("parameters/parameter")
    assert [(row.findtext("name"), row.findtext("value")) for row in rows] == [
        (row["name"], row["value"]) for row in new["parameters"]
    ]
    templates = [{field.tag: field.text for field in row} for row in old.iterfind("message_templates/message_template")]
    assert templates == new["message_templates"]
    fields = ("name", "type", "max_sessions", "attempts", "attempt_interval", "timeout")
    assert [old.findtext(name) for name in fields] == [new[name] for name in fields]
    renamed = {
        "new HttpRequest": "new CurlHttpRequest",
        "addHeader": "AddHeader",
        ".post(": ".Post(",
        "getStatus": "Status",
    }
    script = new["script"]
    for name, before in renamed.items():
        script = script.replace(name, before)
    assert (old.findtext("script") or "").strip() == script.strip()
