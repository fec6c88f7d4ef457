/** The problem page's words for each code the bank redirects with. */

import type { IconName } from './kit/icons'

export interface ProblemWords {
  icon: IconName
  title: string
  words: string
  action: string
}

const AGAIN = '回聊天重新打开'

const WORDS = new Map<string, ProblemWords>(Object.entries({
  'link.expired': { icon: 'clock', title: '链接过期了', words: '回到聊天，再点一次就有新的。链接过期不会扣钱。', action: AGAIN },
  'link.foreign': { icon: 'lock', title: '只能本人打开', words: '这个链接是发给别人的。您自己要办，请在自己的微信里打开公众号。', action: '返回聊天' },
  'collect.gone': { icon: 'clock', title: '收款码不能用了', words: '它过期了，或者对方换过了，没有扣钱。请让对方重新出示。', action: '返回聊天' },
  'collect.bad': { icon: 'cut', title: '这个码不对', words: '这不是银行的收款码，或者被人改过，没有扣钱。不要付。', action: '返回聊天' },
  'oauth.snapshot': { icon: 'info', title: '还差一步', words: '现在是预览页面。请点页面下方的「使用完整服务」，再打开一次。', action: AGAIN },
  'oauth.refused': { icon: 'info', title: '您没有同意登录', words: '不同意就认不出您是谁。再打开一次，点「同意」就行。', action: AGAIN },
  'oauth.state': { icon: 'clock', title: '登录没完成', words: '页面放得太久，或换了手机打开。回到聊天再点一次。', action: AGAIN },
  'session.none': { icon: 'clock', title: '页面放太久了', words: '为了安全已经退出，退出不会扣钱。回到聊天再点一次。', action: AGAIN },
  'account.no_login': { icon: 'info', title: '这个号还不能办理', words: '这个公众号还没通过微信认证。请到网点办，或关注本行的服务号。', action: '返回聊天' },
  'wx.frozen': { icon: 'lock', title: '您已经停用微信银行', words: '是您本人，回到聊天说「恢复微信银行」。急事请打客服电话。', action: '返回聊天' },
  'wx.disowned': { icon: 'lock', title: '要到网点恢复', words: '有人收了预留手机的验证码，说这里不是本人绑的，银行正在查。是您本人，请带身份证到网点。', action: '返回聊天' },
  busy: { icon: 'cut', title: '现在打不开', words: '微信登录没有回话。请过一两分钟，回到聊天再点一次。', action: AGAIN },
}))

const OTHER: ProblemWords = { icon: 'cut', title: '现在打不开', words: '请回到聊天，再点一次。还不行就找人工。', action: AGAIN }

export function problemWords(code: unknown): ProblemWords {
  return (typeof code === 'string' ? WORDS.get(code) : undefined) ?? OTHER
}
