// What journeys of payments share: who pays, and the way from the recap to the button that pays.
import { until, visible } from './expect.mjs'
import { account, control, person } from './demo.mjs'

export const PIN = '936274'
/** Who answers faster than anybody reads is asked for a code as well: a person reads. */
const READ_MS = 2_500

/** 陈国富 on his phone, bound; another journey may have bound him before. */
export async function his(desk) {
  const who = person('陈国富')
  const { appid } = account('陵溪农商行')
  const phone = await desk.chat(who.uid, appid, '陈国富')
  if ((await phone.say('绑卡', /点这里绑定|您绑定了/)).includes('点这里绑定')) {
    const first = await phone.openPage('点这里绑定')
    await first.bind(who, PIN)
    await first.back()
  }
  return { who, phone }
}

/** The same two days later: bound for days, and nothing paid on that day, so that the PIN is all that is asked by day. */
export async function payer(desk) {
  const found = await his(desk)
  await control.advance(2 * 24 * 60)
  return found
}

/** The code where the bank wants one (at night it does), then the PIN, up to the button that pays. */
export async function prove(page, who) {
  const code = page.heading('验证手机')
  await visible(code.or(page.heading('输微信银行密码')))
  if (await code.isVisible()) await page.typeCode(await page.fetchCode(who))
  await visible(page.heading('输微信银行密码'))
  await page.assertFits()
  await page.pressPin(PIN)
}

/** From the recap to the PIN, everything ticked that is to be ticked. */
export async function agree(page, who) {
  await visible(page.heading('看清楚再点'))
  const since = performance.now()
  await until('what is to be paid was read', () => performance.now() - since > READ_MS)
  for (const box of await page.frame.getByRole('checkbox').all()) await box.click()
  await page.button(/^没有，是我自己要/).click()
  await prove(page, who)
}
