// The face check on small screens: it fits, with ordinary letters and with the largest.
import { visible } from '../lib/expect.mjs'
import { account, control, person } from '../lib/demo.mjs'
import { LARGEST, journey } from '../lib/stage.mjs'

const wang = person('王强')
const { appid } = account('陵溪农商行')

/** Moving 王强's binding to yet another WeChat, up to the face. Some WeChat has him by now; else this one binds first. */
async function toTheFace(desk, name) {
  const uids = [await control.newUser(`${name}甲`), await control.newUser(`${name}乙`)]
  for (const [at, uid] of uids.entries()) {
    // Another day: so many codes to one number in a day, then a question is asked first.
    await control.advance(at === 0 ? 24 * 60 : 1)
    const owner = `${name}${'甲乙'[at]}`
    const phone = await desk.chat(uid, appid, owner)
    const page = await phone.openPageAfter('绑卡', '点这里绑定')
    await page.fillCard(wang)
    await page.next()
    await visible(page.heading(/验证手机|绑在.*微信/))
    if (await page.heading(/绑在.*微信/).isVisible()) {
      await page.assertFits()
      await page.button('换到这个微信').click()
      await visible(page.heading('验证手机'))
      await page.typeCode(await theCode(page))
      await visible(page.heading('刷脸'))
      return { phone, page }
    }
    await page.typeCode(await theCode(page))
    await page.setPin('836192')
    await page.agree()
    await page.button('完成绑定').click()
    await visible(page.heading('绑定成功'))
  }
  throw new Error('nobody held the binding')
}

async function theCode(page) {
  const before = (await control.sms(wang.mobile)).length
  await page.button('获取验证码').click()
  for (;;) {
    const all = await control.sms(wang.mobile)
    if (all.length > before) return /\d{6}/.exec(all.sort((a, b) => b.at_ms - a.at_ms)[0].text)[0]
    await new Promise((done) => setTimeout(done, 50))
  }
}

for (const [words, letters, name] of [['ordinary letters', null, '小屏'], ['the largest letters', LARGEST, '大字']]) {
  journey(`on a phone 320 px wide with ${words} the face check fits`, async ({ desk, context, shot }) => {
    if (letters) await context.addInitScript(letters)
    const { page } = await toTheFace(desk, name)
    await page.assertFits()
    await shot(`120-face-${name}`)
    await page.tick()
    await page.button('开始刷脸').click()
    await visible(page.heading('人脸核身'))
    await page.assertFits()
    await shot(`121-face-vendor-${name}`)
    await page.frame.getByRole('link', { name: '不像，没通过' }).click()
    await page.reads('刷脸没通过')
    await page.assertFits()
    await shot(`122-face-failed-${name}`)
    await page.button('开始刷脸').click()
    await page.frame.getByRole('link', { name: '是本人，通过' }).click()
    await visible(page.heading('输微信银行密码'))
    await page.assertFits()
    await shot(`123-face-pin-${name}`)
  }, { viewport: { width: 320, height: 640 } })
}
