// The face check: a result that is long in coming; and small screens, with ordinary letters and with the largest.
import { until, visible } from '../lib/expect.mjs'
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

journey('a face result that is long in coming is waited for, asked for again, and found', async ({ desk, shot }) => {
  const { phone, page } = await toTheFace(desk, '等脸')
  await page.tick()
  await page.button('开始刷脸').click()
  await visible(page.heading('人脸核身'))
  const check = desk.page.frames().find((frame) => frame.url().includes('/face/page/')).url()

  // Back before the company has made up its mind.
  await page.frame.getByRole('link', { name: '是本人，通过' }).evaluate((link) => {
    link.href = link.href.replace('next=passed', 'next=waiting')
    link.click()
  })
  await page.reads('结果还没出来，请过几秒再看一次')
  await page.assertFits()
  await shot('124-face-waiting', phone.root)

  // It takes its time: the page says what it is doing, and offers nothing that would begin anew.
  await control.weather({ vendor_delay_ms: 2_500 })
  await page.button('刷完了，看结果').click()
  await page.reads('正在看刷脸结果')
  await shot('125-face-looking', phone.root)
  await page.reads('结果还没出来，请过几秒再看一次')

  // It says nothing at all: no yes, no try used up.
  await control.weather({ vendor_delay_ms: 12_000 })
  await page.button('刷完了，看结果').click()
  await page.reads('刷脸服务没有回话')
  await page.assertFits()
  await shot('126-face-silent', phone.root)

  await control.fairWeather()
  await fetch(`${check}/decide?next=passed`, { redirect: 'manual' })
  await until('the result can be asked for again', () => page.button('刷完了，看结果').isEnabled())
  await page.button('刷完了，看结果').click()
  await visible(page.heading('输微信银行密码'))
}, { allows: /^503 from POST .*\/bind\/face\/result$|status of 503/ })
