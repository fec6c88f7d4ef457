// 拍照识别: photos of the cards in one's pocket instead of their numbers, and what happens when a photo is no good.
import assert from 'node:assert/strict'
import { reads, visible } from '../lib/expect.mjs'
import { account, control, person } from '../lib/demo.mjs'
import { LARGEST, journey } from '../lib/stage.mjs'

// Stays unbound in every other journey: the bank knows him, and he is a child.
const child = person('孙乐乐')
const { appid } = account('陵溪农商行')

journey('photos of the card and the document are read, looked at by the customer, and only then compared by the bank', async ({ desk, shot }) => {
  const phone = await desk.chat(child.uid, appid, child.name)
  const page = await phone.openPageAfter('绑卡', '点这里绑定')
  await visible(page.button('拍银行卡'))
  await page.button('拍银行卡').click()
  await page.reads('请先看协议，再逐个勾选')
  await page.tick()

  await page.photograph('拍银行卡', '一张门票')
  await page.reads('这不是银行卡正面')
  await page.photograph('拍银行卡', '拍糊的卡')
  await page.reads('没看清')
  await shot('100-photo-unclear', phone.root)
  await page.photograph('拍银行卡', '银行卡')
  await page.reads('请对着看一遍')
  const card = page.frame.getByLabel('银行卡号或存折账号')
  assert.equal((await card.inputValue()).replaceAll(' ', ''), child.card_no)
  await page.photograph('拍身份证', '身份证')
  await reads(page.frame.locator('.field', { hasText: '身份证号' }), '照片上读的，请核对')
  assert.equal((await page.frame.getByLabel('身份证号').inputValue()).replaceAll(' ', ''), child.id_no)
  assert.equal(await page.frame.getByLabel('姓名').inputValue(), child.name)
  await page.assertFits()
  await shot('101-photo-read', phone.root)
  const asked = (await control.exchanges({ kind: 'vendor' })).length
  assert.ok(asked >= 4, 'each photo went to the company that reads them')
  await page.frame.getByLabel('手机号').fill(child.mobile)
  await page.next()
  await visible(page.heading('要到网点办'))
})

journey('when the company that reads photos is down or slow, the customer types and goes on', async ({ desk, shot }) => {
  const li = person('李芳')
  const uid = await control.newUser('拍照的人')
  const phone = await desk.chat(uid, account('陵溪农商行').appid, '拍照的人')
  const page = await phone.openPageAfter('绑卡', '点这里绑定')
  await page.fillCard({ ...li, card_no: '' })
  const ticket = Buffer.from('iVBORw0KGgo=', 'base64')
  await control.weather({ vendor_5xx_percent: 100 })
  await page.photographFile('拍银行卡', ticket)
  await page.reads('识别没有回话，请手动输入')
  await control.weather({ vendor_delay_ms: 12_000 })
  await page.photographFile('拍银行卡', ticket)
  await page.reads('正在读')
  // Whoever does not wait for it types.
  await page.frame.getByLabel('银行卡号或存折账号').fill(li.card_no)
  await page.reads('识别没有回话，请手动输入')
  await shot('102-photo-down', phone.root)
  await page.next()
  await visible(page.heading(/验证手机|绑在.*微信/))
}, { allows: /^503 from POST .*\/bind\/photo$|status of 503/ })

journey('after ten photos in an hour that nobody could read the page says to type, and typing goes on', async ({ desk, shot }) => {
  const li = person('李芳')
  const uid = await control.newUser('手抖的人')
  const phone = await desk.chat(uid, appid, '手抖的人')
  const page = await phone.openPageAfter('绑卡', '点这里绑定')
  await visible(page.button('拍银行卡'))
  await page.tick()
  const blurred = Buffer.from('iVBORw0KGgo=', 'base64')
  const take = async () => {
    const answered = desk.page.waitForResponse(/\/bind\/photo$/)
    await page.photographFile('拍银行卡', blurred)
    return (await answered).status()
  }
  for (let n = 0; n < 10; n += 1) {
    assert.equal(await take(), 400, `photo ${n + 1}`)
    await page.reads('没看清')
  }
  const asked = (await control.exchanges({ kind: 'vendor', limit: '1000' })).length
  assert.equal(await take(), 429)
  await page.reads('拍的次数太多了，请手动输入')
  assert.equal((await control.exchanges({ kind: 'vendor', limit: '1000' })).length, asked, 'nobody is paid for the eleventh')
  await page.assertFits()
  await shot('106-photo-too-many', phone.root)
  await page.fillCard(li)
  await page.next()
  await visible(page.heading(/验证手机|绑在.*微信/))
})

journey('on a phone 320 px wide with the largest letters the way to photos fits', async ({ desk, context, shot }) => {
  await context.addInitScript(LARGEST)
  const uid = await control.newUser('看不清小字的人')
  const phone = await desk.chat(uid, appid, '看不清小字的人')
  const page = await phone.openPageAfter('绑卡', '点这里绑定')
  await visible(page.button('拍银行卡'))
  await page.tick()
  await page.assertFits()
  await page.button('拍身份证').scrollIntoViewIfNeeded()
  await shot('103-photo-large')
  await page.photographFile('拍身份证', Buffer.from('iVBORw0KGgo=', 'base64'))
  await page.reads('没看清')
  await page.assertFits()
  await shot('104-photo-large-unclear')
}, { viewport: { width: 320, height: 640 } })

journey('on a phone 320 px wide with ordinary letters the way to photos fits', async ({ desk, shot }) => {
  const uid = await control.newUser('小手机')
  const phone = await desk.chat(uid, appid, '小手机')
  const page = await phone.openPageAfter('绑卡', '点这里绑定')
  await visible(page.button('拍银行卡'))
  await page.tick()
  await page.assertFits()
  await page.button('拍身份证').scrollIntoViewIfNeeded()
  await shot('105-photo-small')
}, { viewport: { width: 320, height: 640 } })
