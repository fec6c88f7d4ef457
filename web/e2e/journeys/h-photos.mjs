// Photographs as answers: a charge on a credit card is disputed with a slip, and the officer sees it.
import { signIn } from '../lib/console.mjs'
import { until, visible } from '../lib/expect.mjs'
import { account, control, person } from '../lib/demo.mjs'
import { journey } from '../lib/stage.mjs'

journey('a charge is disputed with a photo of the slip, which the officer sees', async ({ desk, context, shot }) => {
  const who = person('王强')
  const { appid } = account('陵溪农商行')
  await control.follow(who.uid, appid)
  const phone = await desk.chat(who.uid, appid, '王强')
  if ((await phone.say('绑卡', /点这里绑定|您绑定了/)).includes('点这里绑定')) {
    const first = await phone.openPage('点这里绑定')
    await first.bind(who, '936274')
    await first.back()
  }
  await phone.say('信用卡交易申诉', '点这里填申诉')
  const page = await phone.openPage('点这里填申诉')
  await visible(page.heading('信用卡交易申诉'))
  await page.frame.locator('.answer-choice').first().click()
  await page.frame.getByLabel('刷了两遍').check()
  await page.assertFits()
  await shot('160-dispute', phone.root)
  await page.button('下一步').click()
  await page.photograph('拍照或选照片', '一张门票')
  await visible(page.frame.getByAltText('小票、截图，第 1 张'))
  await page.photograph('再拍一张', '拍糊的卡')
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
  const chen = await signIn(context, 'lingxi.chen')
  await chen.getByRole('row', { name: /信用卡交易申诉/ }).getByRole('link').click()
  const photo = chen.getByAltText('小票、截图，第 1 张')
  await visible(photo)
  await until('the photo is drawn', () => photo.evaluate((one) => one.complete && one.naturalWidth > 0))
  await shot('163-officer', chen)
})
