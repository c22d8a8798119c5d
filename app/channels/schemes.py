"""Allowed schemes of Apprise addresses, and content that no address may have.

Each of these services uses HTTP or SMTP, and its connections are checked when they are made. Others of Apprise write
parts of the address into a connection unchanged, send datagrams, or show something on this machine.
"""

import unicodedata
from urllib.parse import unquote

_NAMES = """
46elks acs apprise apprises atalk awswhatsapp azure bale bark barks betterstack bluesky brevo bsky bulksms bulkvs
burstsms chanify clickatell clicksend cliq cm d7sms dapnet dingtalk discord dot eight00com elks emby embys enigma2
enigma2s evolution evolutions exotel fcm feishu firehydrant flock flowtriq flowtriqs fluxer fluxers form forms
freemobile gchat github goalert goalerts gorush gorushs gotify gotifys groundmail groupme gupshup hassio hassios
httpsms humhub humhubs ifttt ilert incidentio infobip instagram jira join json jsons kakao kakaotalk kaleyra kavenegar
klr kodi kodis kook kudosity kumulos lametric lametrics lark lauther lfg line mailersend mailgun mailto mailtos
mastodon mastodons matrix matrixs misskey misskeys mmost mmosts mobilemessage mobilemsg msg91 msgbird ncloud nclouds
nctalk nctalks nexmo notica noticas notifiarr notifico notificos notifyapp notifyre ntfy ntfys o365 octopush onebot
onebots onesignal opsgenie opsimate opsimates pagerduty pagertree parsep parseps pbul pinglet pinglets pingram pjet
pjets plivo postmark pover prowl psafer psafers push pushdeer pushdeers pushed pushme pushplus pushward pushy qq
reddit resend revolt ringc rocket rockets ryver schan sendgrid sendpulse serwersms ses session sessions seven sfr
signal signalgrid signals signl4 simplepush sinch slack smsc smseagle smseagles smsmanager smsmgr smstunnel smtp2go
sns sogs sparkpost spike splunk spugpush spush squadcast stackfield strmlabs synology synologys telesign telnyx tgram
threema toot toots trigv trigvs tweet twilio twist twitter vapid viber victorops voipms vonage webex wechat wecom
wecombot whapi whatsapp workflow workflows wpush wxpusher wxteams x xbmc xbmcs xmatters xml xmls youlmk zalo zcliq
zohocliq zoom zulip
"""
SCHEMES = frozenset(_NAMES.split())
WEB = frozenset(("http", "https"))
"""The schemes of a webhook address as its service shows it."""
DECODINGS = 8
"""More layers of percent-encoding than any service needs."""
FORBIDDEN = frozenset(("Cc", "Zl", "Zp", "Cs"))
"""Unicode categories: control characters, line separators, paragraph separators, surrogates."""


def fault_of(url: str) -> str | None:
    """Return why an address is rejected before it is parsed, or None; without any part of the address."""
    if holds_control_characters(url):
        return "Must not contain line breaks or other control characters, not even encoded ones."
    if scheme_of(url) not in SCHEMES | WEB:
        return (
            "Must be the URL of a supported service, one that is reached by HTTP or mail, such as"
            " mailto://, slack://, dingtalk:// or json://."
        )
    return None


def scheme_of(url: str) -> str:
    """Return the scheme of an address, in lower case."""
    return url.partition("://")[0].lower()


def holds_control_characters(text: str) -> bool:
    """Return whether a text has control characters, also after decoding, however often."""
    for _ in range(DECODINGS):
        if any(unicodedata.category(character) in FORBIDDEN for character in text):
            return True
        text, before = unquote(text), text
        if text == before:
            return False
    return True
