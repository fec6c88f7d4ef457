"""An independent WeChat: drives a running Weiyin with the PyPI library wechatpy.

Nothing of Weiyin's own code takes part: wechatpy seals and signs every push, opens and parses every answer.

    python tests/peers/drive.py data/demo/demo.json

It sends every kind of message and event to every account of the demo, twice, and says for each whether the answer is
what WeChat would accept: `success`, nothing, or a sealed reply from the account to the sender, the same both times.
Bound followers are told their balance, last month's entries and what the second of them was; others none of it.
The last line is `N passed, N failed`; the exit code is 0 only when nothing failed.
"""

import hashlib
import itertools
import json
import re
import signal
import sys
import time
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import requests
import xmltodict
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.messages import UnknownMessage
from wechatpy.replies import deserialize_reply

from cases import LAUNCH_CHECK_APPIDS, events, messages, platform_pushes

AMOUNT = re.compile(r"\d{1,3}(,\d{3})*\.\d{2}")
SUMS = re.compile(r"(?:借记卡|存折)\d{4} 上月 进 ([\d,.]+) 出 ([\d,.]+)，共 (\d+) 笔。最近(\d+)笔：")
ENTRY = re.compile(r"([①②③④⑤]) ((昨天|(?:\d{4}年)?(\d+)月(\d+)日) (\S+) ([+−])([\d,.]+))")
Entry = namedtuple("Entry", "mark line when month day label sign amount")
# What explains an entry of the demo's invented year, by its label; one that is not here has other words of its own.
EXPLAINED = {
    "电费": r"\d{4}年\d+月电费，户号尾号\d{4}",
    "话费": r"\d{4}年\d+月话费，尾号\d{4}",
    "惠农补贴": r".+补贴，财政代发，批次\d{4}-\d{2}，\d+亩",
    "养老金": r"(城乡居民|企业职工)基本养老保险待遇，\d{4}年\d+月",
    "工资": r"\d{4}年\d+月工资，.+",
    "助农取款": r"在.+助农取款服务点取现金",
    "取现金": r"在营业网点取现金",
    "消费": r"在.+(扫码付款|购买化肥、种子)",
}
# The customers' days, whatever the machine's.
CHINA = timezone(timedelta(hours=8))
# WeChat cuts the connection after 5 s; its customers see a notice then.
DEADLINE_S = 5
# The whole run; SIGALRM ends it when something hangs.
RUN_S_MAX = 300
REPLY_BYTES_MAX = 2048
CREATED_OFF_MAX_S = 60


class Wrong(Exception):
    """The answer is not one WeChat would accept, or not the one wanted."""


def check(holds, words):
    if not holds:
        raise Wrong(words)


def sha1_of(*parts):
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


class Peer:
    """WeChat's servers as one account (or one third-party platform) knows them."""

    numbers = itertools.count(int(time.time() * 1000) << 20)

    def __init__(self, account):
        self.url = account["callback_url"]
        self.token = account["token"]
        self.original_id = account["original_id"]
        self.crypto = WeChatCrypto(self.token, account["encoding_aes_key"], account["crypto_appid"])
        self.http = requests.Session()
        self.http.trust_env = False

    def seal(self, xml, outer="ToUserName", addressee=None):
        """Query and body of one delivery attempt: fresh nonce and random prefix each time, as WeChat does."""
        timestamp, nonce = str(int(time.time())), str(next(self.numbers) % 2_000_000_011)
        sealed = xmltodict.parse(self.crypto.encrypt_message(xml, nonce, timestamp))["xml"]
        query = {
            "signature": sha1_of(self.token, timestamp, nonce),
            "timestamp": timestamp,
            "nonce": nonce,
            "encrypt_type": "aes",
            "msg_signature": sealed["MsgSignature"],
        }
        addressee = self.original_id if addressee is None else addressee
        body = (
            f"<xml><{outer}><![CDATA[{addressee}]]></{outer}>"
            f"<Encrypt><![CDATA[{sealed['Encrypt']}]]></Encrypt></xml>"
        )
        return query, body.encode()

    def push(self, xml, **outer):
        """Delivers; the plain reply, or None when it was only acknowledged."""
        query, body = self.seal(xml, **outer)
        headers = {"Content-Type": "text/xml"}
        answer = self.http.post(self.url, params=query, data=body, headers=headers, timeout=DEADLINE_S)
        check(answer.status_code == 200, f"HTTP {answer.status_code}")
        if answer.content in (b"", b"success"):
            return None
        envelope = xmltodict.parse(answer.content)["xml"]
        check(
            set(envelope) == {"Encrypt", "MsgSignature", "TimeStamp", "Nonce"},
            f"envelope of {sorted(envelope)}",
        )
        # Raises when the signature, the padding or the appid at the end is not right.
        plain = self.crypto.decrypt_message(
            answer.text, envelope["MsgSignature"], envelope["TimeStamp"], envelope["Nonce"]
        )
        return plain.decode() if isinstance(plain, bytes) else plain

    def say(self, openid, words):
        """Sends text and gives the words of the answer, or ''."""
        xml = self.message(openid, "text", {"Content": words})
        plain = self.push(xml)
        return "" if plain is None else deserialize_reply(plain).content

    def message(self, openid, kind, fields, created=None):
        fields = {"MsgType": kind, **fields}
        if kind != "event":
            fields["MsgId"] = next(self.numbers)
        return self.xml(openid, fields, created)

    def xml(self, openid, fields, created=None):
        head = {
            "ToUserName": self.original_id,
            "FromUserName": openid,
            "CreateTime": int(time.time()) if created is None else created,
        }
        return "<xml>" + "".join(element(k, v) for k, v in {**head, **fields}.items()) + "</xml>"


def element(name, value):
    """Text in CDATA, numbers bare, None as an empty element, lists repeated: as WeChat writes them."""
    if isinstance(value, list):
        return "".join(element(name, one) for one in value)
    if isinstance(value, dict):
        return f"<{name}>" + "".join(element(k, v) for k, v in value.items()) + f"</{name}>"
    if value is None:
        return f"<{name}/>"
    if isinstance(value, int):
        return f"<{name}>{value}</{name}>"
    parted = value.replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}><![CDATA[{parted}]]></{name}>"


def checked_reply(peer, openid, plain):
    """The reply's words; raises unless it goes from the account to the sender and WeChat would show it."""
    fields = xmltodict.parse(plain)["xml"]
    check(fields["ToUserName"] == openid, f"to {fields['ToUserName']}, not to the sender")
    check(fields["FromUserName"] == peer.original_id, f"from {fields['FromUserName']}")
    off = abs(int(fields["CreateTime"]) - time.time())
    check(off <= CREATED_OFF_MAX_S, f"CreateTime is {off:.0f} s off")
    reply = deserialize_reply(plain)
    check(reply.type == "text", f"a reply of type {reply.type}")
    check(reply.content and reply.content.strip(), "a reply without words")
    size = len(reply.content.encode())
    check(size <= REPLY_BYTES_MAX, f"{size} bytes of words")
    return reply.content


def without_time(plain):
    return plain and re.sub(r"<CreateTime>\d+</CreateTime>", "", plain)


def run_case(peer, openid, case):
    xml = peer.message(openid, case.kind, case.fields)
    parsed = parse_message(xml)
    check(
        isinstance(parsed, UnknownMessage) != case.known_to_wechatpy,
        f"the test's own XML: wechatpy takes it as {type(parsed).__name__}",
    )
    first = peer.push(xml)
    words = "" if first is None else checked_reply(peer, openid, first)
    check(case.wants != "reply" or first is not None, "acknowledged, but an answer was wanted")
    check(case.wants != "ack" or first is None, f"answered {words[:40]!r}, but nobody would see it")
    again = peer.push(xml)
    check(without_time(first) == without_time(again), f"the repeat got {again!r} after {first!r}")
    return words


class Score:
    def __init__(self):
        self.passed = self.failed = 0

    def case(self, account, name, run):
        try:
            words = run() or ""
        except Exception as e:  # every surprise is a failed case, and the next one still runs
            self.failed += 1
            print(f"FAIL {account:　<7} {name}: {type(e).__name__}: {e}")
        else:
            self.passed += 1
            shown = " ".join(words.split())[:40]
            print(f"ok   {account:　<7} {name}" + (f" → {shown}" if shown else ""))


def verify_url(peer):
    timestamp, nonce, echo = str(int(time.time())), "1514711492", "4375120948345356249"
    query = {"timestamp": timestamp, "nonce": nonce, "echostr": echo}

    def get(signature):
        return peer.http.get(peer.url, params={**query, "signature": signature}, timeout=DEADLINE_S)

    right = get(sha1_of(peer.token, timestamp, nonce))
    check(right.status_code == 200, f"HTTP {right.status_code}")
    check(right.content == echo.encode(), f"echoed {right.content!r}")
    check(right.headers["Content-Type"].startswith("text/plain"), right.headers["Content-Type"])
    wrong = get(sha1_of("not" + peer.token, timestamp, nonce))
    check(wrong.status_code == 403 and echo not in wrong.text, "a wrong signature was echoed")
    return ""


def balance(peer, openid):
    """The balance of a bound follower: an amount, after choosing when there are several accounts."""
    peer.say(openid, "取消")
    said = peer.say(openid, "查余额")
    if not AMOUNT.search(said):
        said = peer.say(openid, "1")
    check(AMOUNT.search(said), f"no amount in {said[:80]!r}")
    return said


def fen(amount):
    yuan, cents = amount.replace(",", "").split(".")
    return int(yuan) * 100 + int(cents)


def last_month():
    """Its last day."""
    return datetime.now(CHINA).replace(day=1) - timedelta(days=1)


def last_months_entries(peer, openid):
    """The latest entries of last month as listed: they agree with the sums said and with one another."""
    before = last_month()
    peer.say(openid, "取消")
    said = peer.say(openid, "上个月的进出账")
    after = last_month()
    if "没有进出账" in said:
        return []
    head = SUMS.match(said)
    check(head, f"no sums at the beginning of {said[:80]!r}")
    came, went, count, shown = fen(head[1]), fen(head[2]), int(head[3]), int(head[4])
    entries = [Entry(*found) for found in ENTRY.findall(said)]
    check(shown == min(count, 5) == len(entries), f"{len(entries)} entries listed, {shown} announced, {count} in all")
    check("".join(e.mark for e in entries) == "①②③④⑤"[:shown], "the entries are not numbered one after the other")
    # Yesterday is of last month on the first of a month only.
    days = [int(e.day or after.day) for e in entries]
    months = {int(e.month or after.month) for e in entries}
    check(months <= {before.month, after.month}, f"not of last month: {said[:80]!r}")
    check(days == sorted(days, reverse=True), f"not the latest first: {days}")
    listed = {sign: sum(fen(e.amount) for e in entries if e.sign == sign) for sign in "+−"}
    if shown == count:
        check((listed["+"], listed["−"]) == (came, went), f"{listed} listed, in {came} and out {went} said")
    check(listed["+"] <= came and listed["−"] <= went, f"more listed than all: {listed}, in {came}, out {went}")
    check("msgmenucontent=要盖章的流水" in said, "what comes next is not offered")
    return entries


def the_second_entry_is_explained(peer, openid, explained):
    """What is asked about by its place in the list is that entry: day, label and sum as listed, and what it was for."""
    entries = last_months_entries(peer, openid)
    if not entries:
        return "nothing last month"
    said = peer.say(openid, "第二个是啥")
    if len(entries) < 2:
        check(said and not AMOUNT.search(said), f"there is no second entry, but {said[:80]!r}")
        return said
    second = entries[1]
    head = f"{second.line} 元。"
    check(said.startswith(head), f"{said[:80]!r} is not {second.line!r}")
    words = said.removeprefix(head).split("\n")[0]
    check(re.fullmatch(EXPLAINED.get(second.label, ".+"), words), f"{second.label} is explained by {words!r}")
    explained.append(second.label)
    return said


def some_were_explained(explained):
    check(explained, "nobody had two entries last month: the story was not told")
    return "、".join(sorted(set(explained)))


def nothing_is_told(peer, openid, words):
    said = peer.say(openid, words)
    check(said, "no answer")
    check(not AMOUNT.search(said), f"an amount for somebody who is not bound: {said[:80]!r}")
    return said


def an_earlier_message_keeps_its_answer(peer, openid):
    """A repeat that comes after other messages still gets what the first delivery got, and changes nothing."""

    def misunderstood(between):
        """What is said to nonsense the second time depends on the first time."""
        peer.say(openid, "取消")
        peer.say(openid, "你好")
        first = peer.say(openid, "紫色的拖拉机在月亮上唱歌")
        between()
        second = peer.say(openid, "紫色的拖拉机在月亮上唱歌")
        # Menu lines are numbered through a conversation; the words are what counts.
        first, second = (re.sub(r"msgmenuid=\w+", "", said) for said in (first, second))
        check(first != second, "these words no longer tell where a conversation stands")
        return second

    xml = peer.message(openid, "text", {"Content": "查余额"})
    answer = peer.push(xml)
    check(answer is not None, "no answer")
    alone = misunderstood(lambda: None)
    again = []
    check(misunderstood(lambda: again.append(peer.push(xml))) == alone, "the repeat moved the conversation")
    check(without_time(again[0]) == without_time(answer), "the repeat got another answer")
    return ""


def three_at_once_get_one_answer(peer, openid):
    """WeChat's three attempts, all under way together."""
    xml = peer.message(openid, "text", {"Content": "余额"})
    with ThreadPoolExecutor(3) as pool:
        answers = [without_time(a.result()) for a in [pool.submit(peer.push, xml) for _ in range(3)]]
    check(answers[0] is not None, "no answer")
    check(answers[0] == answers[1] == answers[2], f"answers differ: {answers}")
    return ""


def many_at_once_keep_apart(peer, openids):
    """Different followers' answers under one account never cross."""
    for openid in openids:
        plain = peer.push(peer.message(openid, "text", {"Content": "你好"}))
        check(plain is not None, "no answer")
        checked_reply(peer, openid, plain)
    return ""


def drive_account(score, account):
    peer, name = Peer(account), account["name"]
    if account["connected"] == "direct":
        score.case(name, "GET: the URL is verified", lambda: verify_url(peer))
    stranger = f"oPEER{account['original_id'][3:]:0<23}"
    openid = (account["bound_openids"] or account["unbound_openids"])[0]
    for who, which in (("known", openid), ("stranger", stranger)):
        cases = messages() + events() if who == "known" else messages()
        for case in cases:
            label = case.name if who == "known" else f"{case.name} (a stranger)"
            score.case(name, label, lambda c=case, w=which: run_case(peer, w, c))
    for openid in account["bound_openids"][:3]:
        score.case(name, "the balance of a bound follower", lambda o=openid: balance(peer, o))
    explained = []
    for openid in account["bound_openids"]:
        label = "last month's entries, and the second of them"
        score.case(name, label, lambda o=openid: the_second_entry_is_explained(peer, o, explained))
    if account["bound_openids"]:
        score.case(name, "somebody's second entry was explained", lambda: some_were_explained(explained))
    for label, run in (
        ("an earlier message repeated", an_earlier_message_keeps_its_answer),
        ("three attempts at once", three_at_once_get_one_answer),
    ):
        for openid in (account["bound_openids"] + account["unbound_openids"])[:3]:
            score.case(name, label, lambda r=run, o=openid: r(peer, o))
    for openid in account["unbound_openids"][:2]:
        for label, words in (
            ("no balance for an unbound follower", "查余额"),
            ("no entries for an unbound follower", "上个月的进出账"),
            ("no entry for an unbound follower", "第二个是啥"),
        ):
            score.case(name, label, lambda o=openid, w=words: nothing_is_told(peer, o, w))
    everyone = account["bound_openids"][:4] + account["unbound_openids"][:4]
    score.case(name, "followers are kept apart", lambda: many_at_once_keep_apart(peer, everyone))


def drive_platform(score, told):
    """The third-party platform's own callback, and the accounts WeChat tests it with (全网发布检测)."""
    member = next((a for a in told["accounts"] if a["connected"] == "component"), None)
    if member is None:
        return
    platform = {**member, "callback_url": told["public"] + "/wx/component"}
    peer, appid = Peer(platform), member["crypto_appid"]

    def pushed(fields):
        xml = "<xml>" + "".join(element(k, v) for k, v in fields.items()) + "</xml>"
        check(peer.push(xml, outer="AppId", addressee=appid) is None, "a push was answered with words")

    for name, fields in platform_pushes(appid):
        score.case("第三方平台", name, lambda f=fields: pushed(f))
    for tested, original_id in LAUNCH_CHECK_APPIDS:
        url = f"{told['public']}/wx/component/{tested}"
        probe = Peer({**member, "callback_url": url, "original_id": original_id})
        score.case("全网发布检测", tested, lambda p=probe: launch_check(p))


def launch_check(peer):
    openid = "oLAUNCHcheck00000000000000"
    said = peer.say(openid, "TESTCOMPONENT_MSG_TYPE_TEXT")
    check(said == "TESTCOMPONENT_MSG_TYPE_TEXT_callback", f"answered {said!r}")
    said = peer.say(openid, "QUERY_AUTH_CODE:peer-auth-code")
    check(said == "", f"answered {said!r}, but the check wants an empty body")
    plain = peer.push(peer.message(openid, "event", {"Event": "LOCATION", "Latitude": "1.0", "Longitude": "2.0"}))
    said = checked_reply(peer, openid, plain)
    check(said == "LOCATIONfrom_callback", f"answered {said!r}")
    return ""


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    signal.alarm(RUN_S_MAX)
    with open(sys.argv[1], encoding="utf-8") as file:
        told = json.load(file)
    score = Score()
    for account in told["accounts"]:
        drive_account(score, account)
    drive_platform(score, told)
    print(f"{score.passed} passed, {score.failed} failed")
    sys.exit(1 if score.failed or not score.passed else 0)


if __name__ == "__main__":
    main()
