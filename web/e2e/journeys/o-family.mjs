// Insurance of a family: whom it is for is said by name, relation or number; who paid is not paid for again.
import assert from 'node:assert/strict'
import { reads, visible } from '../lib/expect.mjs'
import { control } from '../lib/demo.mjs'
import { agree, payer, PIN } from '../lib/paying.mjs'
import { journey } from '../lib/stage.mjs'

/** The first month in which medical insurance is collected for the next year. */
const SEASON_FROM = 9
/** A family of the demo whose office cannot be reached. */
const OFFLINE = '1011000707'

async function month() {
  const { now_ms: now } = await control.state()
  return new Date(now + 8 * 3_600_000).getUTCMonth() + 1
}

journey('a pension is paid for one of the family by tier, after a wrong PIN, and not a second time', async ({ desk, shot }) => {
  const { who, phone } = await payer(desk)
  // Of his family one is of an age to pay for it, and is meant; what may be paid comes with the question.
  const asked = await phone.say('交养老', /每年可以交：200（政府补 30）/)
  const name = /给(\*.+?)交/.exec(asked)?.[1]
  await shot('250-family', phone.root)
  await phone.say('四百五', '没有 450.00 元这一档')
  await shot('251-tier', phone.root)
  const page = await phone.openPageAfter('五百', '核对并输密码')
  await page.reads(/500\.00\s元\s+伍佰元整/)
  await shot('252-pension-recap', phone.root)
  await agree(page, who)
  await page.button('重新输').click()
  await page.pressPin('111222')
  await page.button(/^确认交/).click()
  await page.reads('密码不对，还可试 4 次')
  await shot('253-pension-wrong', phone.root)
  await page.pressPin(PIN)
  await page.button(/^确认交/).click()
  await visible(page.heading(/已扣钱|已交/))
  await page.assertFits()
  await shot('254-pension-paid', phone.root)
  await page.back()
  await reads(phone.answers.last(), /已交.*养老.*500\.00/)
  const again = await phone.say('交养老', /交过了/)
  assert.ok(again.includes(name), again)
  await shot('255-pension-again', phone.root)
  await phone.say('不交了', /没有扣钱|./)
})

journey('medical insurance of the whole family in its season, and outside it when the season begins', async ({ desk, shot }) => {
  const { who, phone } = await payer(desk)
  if ((await month()) < SEASON_FROM) {
    await phone.say('交医保', /没有扣钱.*集中缴费期是.*9月1日/s)
    await phone.say('不交了', /./)
    return
  }
  await phone.say('交医保', '给家里谁交')
  await phone.say('王小明', '名单里认不出「王小明」')
  const card = await phone.say('全家', '核对并输密码')
  await shot('256-medical', phone.root)
  const page = await phone.openPage('核对并输密码')
  await page.reads(/居民医保/)
  await shot('257-medical-recap', phone.root)
  await agree(page, who)
  await page.button(/^确认交/).dblclick()
  await visible(page.heading(/已扣钱|已交/))
  await page.assertFits()
  await shot('258-medical-paid', phone.root)
  await page.back()
  await reads(phone.answers.last(), /已交.*医保/)
  assert.match(card, /对的话点下面输密码/)
})

journey('a number nobody has, an office that is offline and a dead core take nothing', async ({ desk, shot }) => {
  const { phone } = await payer(desk)
  await phone.say('交养老，缴费编号9999999999', /没有查到这个缴费编号，没有扣钱/)
  await phone.say(OFFLINE, /没有扣钱.*连不上/s)
  await shot('259-office-offline', phone.root)
  await phone.say('不交了', '没有扣钱')
  await desk.weather('核心停')
  await phone.say('交养老', /没有扣钱/)
  await shot('259-office-dead', phone.root)
  await desk.weather('晴')
  await phone.say('不交了', /./)
})
