"""The Python peer: FastAPI on uvicorn (uvloop, httptools), with wechatpy doing WeChat's part.

It verifies, decrypts, looks for a keyword and answers encrypted, as a small Official Account in Python would. It stores
nothing, so it does less than Weiyin's durable turn.

`wechatpy_echo.py PORT` listens on 127.0.0.1 with one worker and prints `ready`.
"""

import sys

import uvicorn
from fastapi import FastAPI, Request, Response
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException, InvalidSignatureException
from wechatpy.replies import TextReply

APPID = "wxbench0000000001"
TOKEN = "benchtoken"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
# As long as Weiyin's answer.
BALANCE = (
    "存折6688 可用 1,008.45 元，账面 1,008.45，没有冻结。（今天09:28）\n"
    '<a href="weixin://bizmsgmenu?msgmenucontent=1 看明细&msgmenuid=501">1 看明细</a>'
)
UNKNOWN = "没听明白，回复「菜单」看能办什么。"

crypto = WeChatCrypto(TOKEN, KEY, APPID)


async def receive(request: Request) -> Response:
    query = request.query_params
    timestamp, nonce = query["timestamp"], query["nonce"]
    body = await request.body()
    try:
        plain = crypto.decrypt_message(body, query["msg_signature"], timestamp, nonce)
    except (InvalidAppIdException, InvalidSignatureException):
        return Response("forbidden", status_code=403)
    message = parse_message(plain)
    words = BALANCE if message.type == "text" and "余额" in message.content else UNKNOWN
    xml = TextReply(content=words, message=message).render()
    return Response(crypto.encrypt_message(xml, nonce, timestamp), media_type="text/xml")


class Announced(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print("ready", flush=True)


if __name__ == "__main__":
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.post("/wx/{appid}")(receive)
    config = uvicorn.Config(
        app, host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", http="httptools",
        access_log=False, log_level="warning", workers=1,
    )
    Announced(config).run()
