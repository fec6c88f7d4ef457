// Photographs as answers: a charge on a credit card is disputed with a slip, and the officer sees it.
import assert from 'node:assert/strict'
import { signIn } from '../lib/console.mjs'
import { until, visible } from '../lib/expect.mjs'
import { control, demo, villagers } from '../lib/demo.mjs'
import { journey } from '../lib/stage.mjs'

/** Somebody with a credit card that was used, of a bank that has an officer: who that is changes with the day. */
async function cardholder(...banks) {
  for (const one of (await Promise.all(banks.map(villagers))).flat()) {
    const told = JSON.stringify((await control.say(one.uid, one.appid, '信用卡还没出账的')).items)
    if (/[1-9]\d?笔/.test(told)) return one
  }
  return assert.fail('nobody has used a credit card')
}

/** The page of the case before whoever's bank it came to. */
async function officer(context) {
  for (const { login } of demo.staff) {
    const page = await signIn(context, login)
    const row = page.getByRole('row', { name: /信用卡交易申诉/ })
    if ((await row.count()) > 0) {
      await row.getByRole('link').click()
      return page
    }
    await page.close()
  }
  return assert.fail('no bank has the case')
}

journey('a charge is disputed with a photo of the slip, which the officer sees', async ({ desk, context, shot }) => {
  const { uid, appid, name } = await cardholder('云麓农商行', '陵溪农商行')
  const phone = await desk.chat(uid, appid, name)
  await phone.say('信用卡交易申诉', '点这里填申诉')
  const page = await phone.openPage('点这里填申诉')
  await visible(page.heading('信用卡交易申诉'))
  await page.frame.locator('.answer-choice').first().click()
  await page.frame.getByLabel('刷了两遍').check()
  await page.assertFits()
  await shot('160-dispute', phone.root)
  await page.button('下一步').click()
  await page.photographFile('拍照或选照片', await phone.root.screenshot())
  await visible(page.frame.getByAltText('小票、截图，第 1 张'))
  await page.photographFile('再拍一张', await desk.page.screenshot())
  await visible(page.frame.getByAltText('小票、截图，第 2 张'))
  await page.assertFits()
  await shot('161-photos', phone.root)
  await page.button('删掉第 2 张').click()
  await page.button('真的删掉第 2 张').click()
  await until('one photo is left', async () => (await page.frame.locator('.photos img').count()) === 1)
  await page.button('下一步').click()
  await visible(page.heading('看一遍再提交'))
  await page.reads('1 张照片')
  await page.assertFits()
  await shot('162-dispute-end', phone.root)
  await page.button('提交').click()
  await visible(page.heading('已经提交'))
  const chen = await officer(context)
  const photo = chen.getByAltText('小票、截图，第 1 张')
  await visible(photo)
  await until('the photo is drawn', () => photo.evaluate((one) => one.complete && one.naturalWidth > 0))
  await shot('163-officer', chen)
})
