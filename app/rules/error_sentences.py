"""Translates the errors that tasks, dead letters, monitors and hosts show; a source's own words stay as they are."""

from collections.abc import Mapping

from app.rules.response.delivery_reasons import TRANSLATIONS as DELIVERY
from app.rules.sentences import translated_by

CONNECTIONS: Mapping[str, str] = {
    "connection to {host} failed: {cause}": "无法连接到 {host}：{cause}",
    "refused, nothing listens on this port: check the port in `{field}`, and that the server runs": (
        "连接被拒绝，该端口没有服务在监听：请检查 `{field}` 中的端口，并确认服务器正在运行"
    ),
    "no way leads to this address: check `{field}`, the route and the firewalls": (
        "没有到该地址的网络路径：请检查 `{field}`、路由和防火墙"
    ),
    "the proxy answered {said}: check that it allows connections to {peer}, or remove `proxy_url`": (
        "代理返回 {said}：请确认它允许连接 {peer}，或删除 `proxy_url`"
    ),
    "the proxy wants a user name and a password: give the right ones in `proxy_url`": (
        "代理要求用户名和密码：请在 `proxy_url` 中填写正确的用户名和密码"
    ),
    "the server does not speak plain HTTP: if it expects TLS, write https:// instead of http:// in `url`": (
        "服务器不支持明文 HTTP：如果它要求 TLS，请在 `url` 中用 https:// 代替 http://"
    ),
    "the server closed it without a response: if it expects TLS, write https:// instead of http:// in `url`": (
        "服务器没有应答就关闭了连接：如果它要求 TLS，请在 `url` 中用 https:// 代替 http://"
    ),
    "the proxy {peer}: {cause}": "代理 {peer}：{cause}",
    "Connection reset by peer": "连接被对方重置",
    "Connection refused": "连接被拒绝",
    "[Errno -2] Name or service not known": "无法解析主机名",
    "Name or service not known": "无法解析主机名",
    "Temporary failure in name resolution": "暂时无法解析主机名",
    "unknown error": "未知错误",
    "{host} did not respond in time": "{host} 没有及时应答",
    "{host} redirected more than {count} times": "{host} 重定向超过 {count} 次",
    "{host} redirected to {other}; nagare does not follow redirects to another server": (
        "{host} 重定向到 {other}；nagare 不会跟随到其他服务器的重定向"
    ),
    "{host} returned HTTP {status}: this port expects TLS: write https:// instead of http:// in `url`": (
        "{host} 返回 HTTP {status}：该端口要求 TLS，请在 `url` 中用 https:// 代替 http://"
    ),
    "{host} returned HTTP {status}: {said}": "{host} 返回 HTTP {status}：“{said}”",
    "{host} returned HTTP {status}": "{host} 返回 HTTP {status}",
    "{host} is a link-local, multicast or metadata address; nagare does not connect to those": (
        "{host} 是链路本地地址、组播地址或元数据服务的地址；nagare 不会连接这类地址"
    ),
}
CERTIFICATES: Mapping[str, str] = {
    "The certificate of {peer} is signed by nobody but itself: if it is the right one, give it as `ca_pem`.": (
        "{peer} 的证书是自签名的：如果证书无误，请把它填入 `ca_pem`。"
    ),
    "The certificate of {peer} is signed by an authority that nagare does not know: give that authority's certificate"
    " as `ca_pem`.": "{peer} 的证书由 nagare 不认识的机构签发：请把该机构的证书填入 `ca_pem`。",
    "The certificate of {peer} is not valid yet: check the clocks of both machines.": (
        "{peer} 的证书尚未生效：请检查两台机器的时钟。"
    ),
    "The certificate of {peer} is expired: renew it on the server.": "{peer} 的证书已过期：请在服务器上更新。",
    "The certificate of {peer} is revoked: renew it on the server.": "{peer} 的证书已被吊销：请在服务器上更新。",
    "The certificate of {peer} is for another name: write the name that it has in `url`, or renew it with this name.": (
        "{peer} 的证书属于另一个名称：请在 `url` 中使用证书上的名称，或用此名称重新签发证书。"
    ),
    "The certificate of {peer} is not for this address: write the name that it has in `url`, or renew it with this"
    " address.": "{peer} 的证书不适用于此地址：请在 `url` 中使用证书上的名称，或用此地址重新签发证书。",
    "The certificate of {peer} is not accepted: {said}.": "{peer} 的证书不被接受：{said}。",
    "{peer} does not speak TLS: write http:// instead of https://, or give the port that does.": (
        "{peer} 不支持 TLS：请用 http:// 代替 https://，或填写支持 TLS 的端口。"
    ),
    "{peer} wants a client certificate: give it as `client_cert_pem` and `client_key_pem`.": (
        "{peer} 要求客户端证书：请填写 `client_cert_pem` 和 `client_key_pem`。"
    ),
    "{peer} does not accept the client certificate: give one that is valid and signed by an authority that it trusts"
    " as `client_cert_pem` and `client_key_pem`.": (
        "{peer} 不接受该客户端证书：请在 `client_cert_pem` 和 `client_key_pem` 中填写有效且由其信任的机构签发的证书。"
    ),
    "TLS with {peer} failed: {said}.": "与 {peer} 的 TLS 握手失败：{said}。",
}
ADVICE: Mapping[str, str] = {
    "This port speaks {scheme}: write {url}": "该端口使用 {scheme}：请填写 {url}",
    "The right address is {url}: {what} answers there": "正确的地址是 {url}：那里有{what}应答",
    "This is {one}, not {other}: choose the type {type}": "这是{one}，不是{other}：请选择类型 {type}",
    "A sign-in stands in front and sends visitors to {host}: let nagare pass it (`headers`, `http_username`), or give"
    " an address behind it": (
        "前面有登录页，访问者会被转到 {host}：请让 nagare 通过登录（`headers`、`http_username`），或填写其后的地址"
    ),
    "A web page {title} is at this address, not the API: check the path, or let nagare pass its sign-in": (
        "该地址上是网页 {title}，而不是 API：请检查路径，或让 nagare 通过它的登录"
    ),
}
SOURCES: Mapping[str, str] = {
    "simulated failure": "模拟的故障",
    "it no longer exists at the monitor": "它在监控系统中已不存在",
    "this host already exists at the monitor and in the inventory": "该主机在监控系统和清单中都已存在",
    "this item already exists at the monitor and in the inventory": "该监控项在监控系统和清单中都已存在",
    "Hosts are read-only at this type of monitor": "此类监控系统的主机是只读的",
    "Items are read-only at this type of monitor": "此类监控系统的监控项是只读的",
    "Hosts cannot be created at this type of monitor": "此类监控系统不能新建主机",
    "Items cannot be created at this type of monitor": "此类监控系统不能新建监控项",
    "Alerts cannot be acknowledged at this type of monitor": "此类监控系统不能确认告警",
    "also changed at the monitor since the last pull: {sides}. Push with force to overwrite it": (
        "上次拉取之后，监控系统那边也有更改：{sides}。要覆盖它，请强制推送"
    ),
    "{count} of {all} were rejected: {said}": "{all} 个中有 {count} 个被拒绝：{said}",
    "{source} returned something other than JSON-RPC for {method}": "{source} 对 {method} 的应答不是 JSON-RPC",
    "The server returned an unexpected response: {name} is missing or has the wrong type": (
        "服务器的应答不符合预期：缺少 {name} 或其类型不对"
    ),
    "The response does not fit the mapping: {said}": "应答与映射不符：{said}",
    "the inventory has no active hosts to raise alerts on: pull hosts first": (
        "清单中没有可以产生告警的活动主机：请先拉取主机"
    ),
}
TASKS: Mapping[str, str] = {
    "the worker did not renew its lease for {seconds} s": "工作进程有 {seconds} 秒没有续租",
    "the worker process exited: {how}": "工作进程已退出：{how}",
    "the task ran longer than {seconds} s": "任务运行超过 {seconds} 秒",
    "the task ran out of memory": "任务内存不足",
    "{failed} of {all} tasks failed, {cancelled} were cancelled": (
        "{all} 个子任务中 {failed} 个失败，{cancelled} 个被取消"
    ),
    "a queue element of {length} bytes is not a nagare message": "队列中有一个 {length} 字节的元素不是 nagare 的消息",
    "a message in the queue names a task that was never accepted": "队列中的消息指向一个从未被接受的任务",
    "it is a malformed message that cannot run: discard it": "这是无法执行的错误消息：请丢弃",
    "the task has already finished: it is {state}": "任务已经结束，状态为 {state}",
    "the task {task} for the same work has not finished": "做同样工作的任务 {task} 尚未结束",
    "there is already a schedule named {name}": "已有名为 {name} 的定时任务",
    "Must be five fields: minute, hour, day of the month, month, day of the week.": (
        "必须有五个字段：分、时、日、月、星期。"
    ),
    "Is not a valid cron expression: {said}.": "不是有效的 Cron 表达式：{said}。",
    "Never matches a date.": "永远不会匹配任何日期。",
    "Must be an IANA time zone, such as Asia/Shanghai.": "必须是 IANA 时区，例如 Asia/Shanghai。",
    "there is already a monitor named {name}": "已有名为 {name} 的监控系统",
    "there is no monitor {id}": "监控系统 {id} 不存在",
    "there is no host {id}": "主机 {id} 不存在",
    "there is no item {id} of host {host}": "主机 {host} 没有监控项 {id}",
    "there is no item {id}": "监控项 {id} 不存在",
    "there is no alert {id}": "告警 {id} 不存在",
    "there is no schedule {id}": "定时任务 {id} 不存在",
    "there is no task {id}": "任务 {id} 不存在",
    "there is no live worker {id}": "没有正在运行的工作进程 {id}",
    "the filter matches more than the expected {count} dead letters now, so none was changed: look at the list again,"
    " and give its total": (
        "现在符合条件的死信多于预期的 {count} 个，因此没有做任何更改：请重新查看列表，并给出新的总数"
    ),
    "there is no dead letter {id}": "死信 {id} 不存在",
    "monitor {id} has no host {host}": "监控系统 {id} 没有主机 {host}",
    "monitor {id} is disabled: enable it first": "监控系统 {id} 已停用：请先启用",
    "monitors of type {type} are read-only": "类型为 {type} 的监控系统是只读的",
    "monitors of type {type} return no past values: a pull reads the last one": (
        "类型为 {type} 的监控系统不提供历史值：拉取只读取最新值"
    ),
    "host {id} does not exist at its monitor yet: push it first": "主机 {id} 在监控系统中尚不存在：请先推送",
    "item {id} does not exist at its monitor yet: push it first": "监控项 {id} 在监控系统中尚不存在：请先推送",
    "host {host} was deleted while its item {item} was read": "读取监控项 {item} 时，主机 {host} 被删除",
    "it is unknown whether the message arrived, so it is repeated: {cause}": "不清楚消息是否送达，因此重发：{cause}",
    "the task ignored its time limit and was killed after {seconds} s": "任务没有遵守时限，{seconds} 秒后被终止",
    "what is due could not be published": "到期的任务未能发布",
    "there is no notification {id}": "通知 {id} 不存在",
    "there is no channel {id}": "渠道 {id} 不存在",
    "item {id} has values of type {type}: only numbers are kept": "监控项 {id} 的值类型为 {type}：只保存数值",
    "host {host} has no item {id}": "主机 {host} 没有监控项 {id}",
    "monitors of this type return no past values": "此类监控系统不提供历史值",
    "the database is unavailable: {said}": "数据库不可用：{said}",
    "{server} is unavailable: {said}": "{server} 不可用：{said}",
    "{server} was unavailable a moment ago": "{server} 刚才不可用",
}
TRANSLATIONS: Mapping[str, str] = {**TASKS, **SOURCES, **CERTIFICATES, **ADVICE, **CONNECTIONS}
"""By the English text, with the same names in braces on both sides, which match any text."""
SENTENCES_WITHIN = ("cause",)
"""Names that stand for a sentence of ours."""
NAMES = {
    "a Zabbix": " Zabbix ",
    "a Prometheus": " Prometheus ",
    "an Alertmanager": " Alertmanager ",
    "a Grafana": " Grafana ",
    "a Netdata": " Netdata ",
    "an Icinga 2": " Icinga 2 ",
    "a Nagios": " Nagios ",
    "without a title": "（无标题）",
}


def error_in_chinese(text: str) -> str | None:
    """Return an error's text in Chinese; None if its words are not ours."""
    return translated_by(DELIVERY, text, _word) or translated_by(TRANSLATIONS, text, _word)


def _word(name: str, value: str) -> str:
    if name in SENTENCES_WITHIN or name == "reason":
        return error_in_chinese(value) or value
    return NAMES.get(value, value)
