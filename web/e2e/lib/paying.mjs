// What journeys of payments share: who pays, and the way from the recap to the button that pays.
import { until, visible } from './expect.mjs'
import { account, control, person } from './demo.mjs'

export const PIN = '936274'
/** Who answers faster than anybody reads is asked for a code as well: a person reads. */
const READ_MS = 2_500

/** 陈国富, or somebody else, on a phone of their own, bound; another journey may have bound them before. */
export async function his(desk, name = '陈国富') {
  const who = person(name)
  const { appid } = account(who.institution)
  const phone = await desk.chat(who.uid, appid, name)
  if ((await phone.say('绑卡', /点这里绑定|您绑定了/)).includes('点这里绑定')) {
    const first = await phone.openPage('点这里绑定')
    await first.bind(who, PIN)
    await first.back()
  }
  return { who, phone }
}

/** The same two days later at ten in the morning: bound for days, and nothing paid on that day, so that the PIN is all that is asked. */
export async function payer(desk, name) {
  const found = await his(desk, name)
  await control.tenAfter(2)
  return found
}

/** The page of a transfer that these words ask for; who was never paid yet is typed on it first. */
export async function transferPage(phone, words, payee) {
  const told = await phone.say(words, /核对并输密码|填收款人的卡号/)
  if (told.includes('核对并输密码')) return phone.openPage('核对并输密码')
  const page = await phone.openPage('填收款人的卡号')
  await page.frame.getByLabel('收款卡号或账号').fill(payee.card_no)
  await page.frame.getByLabel('卡号再填一遍').fill(payee.card_no)
  await page.next()
  return page
}

/** The code where the bank wants one (at night it does), then the PIN, up to the button that pays. */
export async function prove(page, who, pin = PIN) {
  const code = page.heading('验证手机')
  await visible(code.or(page.heading('输微信银行密码')))
  if (await code.isVisible()) await page.typeCode(await page.fetchCode(who))
  await visible(page.heading('输微信银行密码'))
  await page.assertFits()
  await page.pressPin(pin)
}

/** A first transfer of somebody older waits for the next morning unless 马上到 is chosen. */
export async function atOnce(page) {
  const way = page.frame.getByRole('radio', { name: '马上到' })
  if ((await way.count()) === 0 || (await way.isChecked())) return
  await way.click()
  await until('the bank took the choice', () => way.isChecked())
}

/** The recap, read, with everything ticked that is to be ticked. */
async function read(page) {
  await visible(page.heading('看清楚再点'))
  await atOnce(page)
  await page.assertFits()
  const since = performance.now()
  await until('what is to be paid was read', () => performance.now() - since > READ_MS)
  for (const box of await page.frame.getByRole('checkbox').all()) await box.click()
}

/** From the recap to the PIN. */
export async function agree(page, who) {
  await read(page)
  await page.button(/^没有，是我自己要/).click()
  await prove(page, who)
}

/** The same of what stays with the customer: nobody asks who told them to. */
export async function goOn(page, who, pin = PIN) {
  await read(page)
  await page.button('没错，下一步').click()
  await prove(page, who, pin)
}
