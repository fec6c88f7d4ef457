// Settings of one's own: a use is locked in chat at once and opened on a page with the PIN; all one has is shown after the PIN;
// pages are read aloud to who asked for it; a forgotten PIN is set anew.
import assert from 'node:assert/strict'
import { visible } from '../lib/expect.mjs'
import { account, control, person } from '../lib/demo.mjs'
import { journey } from '../lib/stage.mjs'

const PIN = '936274'
const NEW = '518203'

/** 赵桂英 on her phone, bound; another journey may have bound her before. */
async function her(desk) {
  const who = person('赵桂英')
  const { appid } = account('陵溪农商行')
  const phone = await desk.chat(who.uid, appid, '赵桂英')
  if ((await phone.say('绑卡', /点这里绑定|您绑定了/)).includes('点这里绑定')) {
    const first = await phone.openPage('点这里绑定')
    await first.bind(who)
    await first.back()
  }
  await control.advance(15)
  return { who, phone }
}

journey('a use that was locked in chat is opened again on a page, and pages are read aloud to who wants it', async ({ desk, shot }) => {
  const { phone } = await her(desk)
  await phone.say('打开语音播报', '打开了')
  await phone.say('交易锁设置', /锁哪一个|要锁哪一种/)
  const asked = await phone.say('存折', /要锁哪一种|锁住了/)
  if (asked.includes('要锁哪一种')) await phone.say('网上付款', '锁住了')
  await shot('130-use-locked', phone.root)
  const page = await phone.openPageAfter('打开交易锁', '点这里看我的锁')
  const choose = page.button(/存折0037/)
  await visible(choose.or(page.button('打开网上付款')))
  if (await choose.count()) {
    await shot('130-which', phone.root)
    await choose.click()
  }
  await visible(page.button('打开网上付款'))
  await page.assertFits()
  // The page offers to read itself aloud and hands its own words to the browser's voice.
  await page.body.evaluate(() => {
    window.spoken = []
    window.speechSynthesis.speak = (said) => { window.spoken.push([said.text, said.lang]) }
  })
  await page.button('念给我听').click()
  await visible(page.button('停下'))
  const spoken = await page.body.evaluate(() => window.spoken)
  assert.equal(spoken.length, 1)
  assert.match(spoken[0][0], /网上付款。锁着/)
  assert.equal(spoken[0][1], 'zh-CN')
  await shot('131-locks', phone.root)
  await page.button('打开网上付款').click()
  await visible(page.heading('看清楚再改'))
  await shot('132-change', phone.root)
  await page.button('没错，下一步').click()
  await visible(page.heading('输微信银行密码'))
  await page.assertFits()
  await page.pressPin(PIN)
  await page.button('就这么改').click()
  await visible(page.heading('办好了'))
  await page.reads('网上付款又能用了')
  await page.back()
  await phone.say('关闭播报', '关了')
})

journey('all one has is shown after the PIN', async ({ desk, shot }) => {
  const { phone } = await her(desk)
  const page = await phone.openPageAfter('资产总览', '点这里看总资产')
  await visible(page.heading('输微信银行密码'))
  await page.pressPin(PIN)
  await page.button('看一看').click()
  await page.reads(/一共有/)
  await page.assertFits()
  await shot('133-assets', phone.root)
  await page.back()
})

journey('a forgotten PIN is set anew with the numbers, a code and a face', async ({ desk, shot }) => {
  const { who, phone } = await her(desk)
  const page = await phone.openPageAfter('忘记微信银行密码', '点这里重设密码')
  await visible(page.heading('先核对一下'))
  await page.frame.getByLabel('身份证后 6 位').fill(who.id_no.slice(-6))
  await page.frame.getByLabel('卡号或存折号后 4 位').fill('0037')
  await page.assertFits()
  await shot('134-known', phone.root)
  await page.next()
  await visible(page.heading('验证手机'))
  await page.typeCode(await page.fetchCode(who))
  await visible(page.heading('刷脸'))
  await page.tick()
  await page.button('开始刷脸').click()
  await page.frame.getByRole('link', { name: '是本人，通过' }).click()
  await page.setPin(NEW)
  await page.button('换成新密码').click()
  await visible(page.heading('新密码设好了'))
  await shot('135-new-pin', phone.root)
  await page.back()
})
