// Bound in a WeChat that is not one's own: it is stopped with one code, a person decides, and the customer binds.
import { signIn } from '../lib/console.mjs'
import { reads, visible } from '../lib/expect.mjs'
import { account, control, person } from '../lib/demo.mjs'
import { journey } from '../lib/stage.mjs'

const wang = person('王强')
const { appid } = account('陵溪农商行')
const PIN = '836192'

/** Some WeChat holds 王强's card; where none does, this one binds. */
async function held(phone) {
  const page = await phone.openPageAfter('绑卡', '点这里绑定')
  await page.fillCard(wang)
  await page.next()
  await visible(page.heading(/验证手机|绑在.*微信/))
  if (await page.heading('验证手机').isVisible()) {
    await page.typeCode(await page.fetchCode(wang))
    await page.setPin(PIN)
    await page.agree()
    await page.button('完成绑定').click()
    await visible(page.heading('绑定成功'))
  }
  await page.back()
}

journey('a customer bound in a WeChat that is not theirs stops it with one code, a person decides, and they bind', async ({ desk, context, shot }) => {
  // Another day: so many codes to one number in a day, then a question is asked first.
  await control.advance(24 * 60)
  const stranger = await desk.chat(await control.newUser('不认识的微信'), appid, '不认识的微信')
  await held(stranger)
  await control.advance(2)

  const own = await desk.chat(await control.newUser('王强自己'), appid, '王强自己')
  const page = await own.openPageAfter('绑卡', '点这里绑定')
  await page.fillCard(wang)
  await page.next()
  await visible(page.heading('已经绑在另一个微信上'))
  await shot('122-not-mine-wall', own.root)
  await page.button('不是我绑的').click()
  await visible(page.heading('验证手机'))
  await page.reads('收一次验证码，另一个微信马上停用')
  await page.assertFits()
  await shot('123-not-mine-code', own.root)
  await page.typeCode(await page.fetchCode(wang))
  await visible(page.heading('另一个微信已停用'))
  await page.reads(/编号 \d{6}-\d{4}，风险专员.*前给您答复/)
  await page.assertFits()
  await shot('124-not-mine-stopped', own.root)
  await page.back()
  await reads(own.answers.last(), /另一个微信已经停用[\s\S]*编号 \d{6}-\d{4}/)
  await shot('125-not-mine-told', own.root)

  const chen = await signIn(context, 'lingxi.chen')
  await shot('126-not-mine-desk', chen)
  await chen.getByRole('row').filter({ hasText: '不是本人的绑定' }).getByRole('link').click()
  await shot('127-not-mine-case', chen)
  await chen.getByRole('button', { name: '不是本人绑的，解绑' }).click()
  await visible(chen.getByText('已经解绑').first())
  await reads(own.answers.last(), '查清楚了：那个微信的绑定已经解除')
  await own.say('办到哪了', '已经解绑')
  await control.advance(2)
  const again = await own.openPageAfter('绑卡', '点这里绑定')
  await again.button('查清楚了，来绑卡').click()
  await again.fillCard(wang)
  await again.next()
  await visible(again.heading('验证手机'))
  await again.typeCode(await again.fetchCode(wang))
  await again.setPin(PIN)
  await again.agree()
  await again.button('完成绑定').click()
  await visible(again.heading('绑定成功'))
  await again.back()
  await own.say('查余额', '1122')
})
