// Messages a careless or hostile sender could make: each is legal to try and must never break the receiver.
// The simulator fills in nothing; ToUserName and FromUserName are replaced by it only when they are empty.

export const RAW_SAMPLES: readonly { name: string; xml: string }[] = [
  { name: ']]> 在正文里', xml: message('text', '<Content><![CDATA[我写 ]]> 试试]]></Content>') },
  { name: '没见过的事件', xml: message('event', '<Event><![CDATA[brand_new_event]]></Event><EventKey><![CDATA[x]]></EventKey>') },
  { name: '外部实体', xml: `<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/hostname">]>${message('text', '<Content>&x;</Content>')}` },
  { name: '正文为空', xml: message('text', '<Content></Content>') },
  { name: '标签写两次', xml: message('text', '<Content><![CDATA[第一]]></Content><Content><![CDATA[第二]]></Content>') },
  { name: '半截报文', xml: '<xml><ToUserName></ToUserName><FromUserName></FromUserName><CreateTime>17' },
  { name: '不是 XML', xml: '{"MsgType":"text","Content":"查余额"}' },
]

function message(type: string, rest: string): string {
  return `<xml><ToUserName></ToUserName><FromUserName></FromUserName><CreateTime></CreateTime><MsgType><![CDATA[${type}]]></MsgType>${rest}</xml>`
}
