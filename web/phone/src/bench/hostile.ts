// Names of the hostile inputs the simulator can send, and how a delivery's end is told. The list itself is the simulator's.
import type { Ended } from '../control/types'

const NAMES: Record<string, string> = {
  wrong_signature: '签名不对',
  unsigned: '没有签名',
  wrong_appid: '别人的 AppID',
  stale: '十分钟前的时间戳',
  plaintext: '安全模式里发明文',
  outer_dtd: '外层带 DTD',
  oversized: '报文太大',
  truncated: '报文截断',
  invalid_utf8: '不是 UTF-8',
  outer_json: '外层是 JSON',
  cdata_end: '正文里有 ]]>',
  xml_fragment: '正文里有半截 XML',
  whole_xml: '正文是整段 XML',
  control_char: '控制字符',
  emoji: '四字节表情',
  blank: '只有空白',
  empty_elements: '空标签',
  unknown_type: '没见过的消息',
  unknown_event: '没见过的事件',
  json_body: '里层是 JSON',
  repeated_list: '重复的列表',
  inner_dtd: '里层外部实体',
  cut_message: '里层截断',
  deep: '嵌套很深',
  duplicate: '上一条再来一遍',
  same_second: '同一秒三个事件',
  out_of_order: '次序颠倒',
  unsubscribe_twice: '取消关注两次',
  inner_invalid_utf8: '里层不是 UTF-8',
  long_text: '一万五千字',
}

/** A kind this page has no name for is shown as the simulator calls it. */
export function hostileName(kind: string): string {
  return NAMES[kind] ?? kind
}

const ENDS: Record<Ended['outcome'], string> = { replied: '有回复', acked: '已确认', failed: '没有被接受' }

/** `有回复 · 23 毫秒`, `没有被接受（3 次）：回应失败` */
export function endWords(ended: Ended[]): string {
  return ended
    .map((one) => {
      const tries = one.attempts > 1 ? `（${one.attempts} 次）` : ''
      return `${ENDS[one.outcome]}${tries}${one.note === '' ? ` · ${one.elapsed_ms} 毫秒` : `：${one.note}`}`
    })
    .join('；')
}

/** Where a raw message of one's own begins. */
export const RAW_START =
  '<xml><ToUserName><![CDATA[{to}]]></ToUserName><FromUserName><![CDATA[{from}]]></FromUserName><CreateTime>{now}</CreateTime>' +
  '<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[查余额]]></Content><MsgId>{msg_id}</MsgId></xml>'
