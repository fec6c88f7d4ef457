// PIPL: what is kept about me. A code, a copy made in the background and told in chat, opened with an address that works once.
import assert from 'node:assert/strict'
import { until, visible } from '../lib/expect.mjs'
import { account, control } from '../lib/demo.mjs'
import { journey } from '../lib/stage.mjs'

/** The nth villager of a bank who is bound from the start. */
async function villager(bank, nth) {
  const { appid } = account(bank)
  let seen = 0
  for (const user of (await control.state()).users.filter((one) => one.name.startsWith('村民'))) {
    if (!(await control.chat(user.id, appid)).followed) continue
    if (seen === nth) return { uid: user.id, appid, name: user.name }
    seen += 1
  }
  return assert.fail(`no villager ${nth} at ${bank}`)
}

journey('a copy of my data: a code, the copy told in chat, an address that opens it once', async ({ desk, shot }) => {
  const { uid, appid, name } = await villager('云麓农商行', 2)
  const phone = await desk.chat(uid, appid, name)
  await phone.say('查余额', /可用|查哪个/)
  await phone.say('我都同意过哪些东西', /同意过/)
  const page = await phone.openPageAfter('个人信息导出', '看我的信息')
  await visible(page.heading('我的信息'))
  await page.assertFits()
  await shot('130-privacy', phone.root)
  // Whose number it is only the bank knows: the newest message on the desk has the code.
  const codes = desk.page.getByRole('region', { name: /^短信/ }).locator('li .code b')
  const before = (await codes.count()) === 0 ? '' : await codes.first().innerText()
  await page.button('获取验证码').click()
  const code = await until('a new code', async () => {
    const newest = (await codes.count()) === 0 ? '' : await codes.first().innerText()
    return newest === before ? '' : newest
  })
  await page.typeCode(code)
  await visible(page.button('打开副本'))
  await page.assertFits()
  await shot('131-privacy-ready', phone.root)
  const opened = await page.body.evaluate(async (body) => {
    const api = body.ownerDocument.location.pathname.replace(/\/privacy$/, '/api/')
    const answer = await fetch(`${api}privacy/token`, { method: 'POST', headers: { 'x-weiyin': '1', 'content-type': 'application/json' }, body: '{}' })
    const { page_url: url } = await answer.json()
    const first = await fetch(url)
    return { status: first.status, html: await first.text(), url }
  })
  assert.equal(opened.status, 200)
  assert.match(opened.html, /您的个人信息副本/)
  assert.match(opened.html, /查余额/)
  const paper = await desk.page.context().newPage()
  await paper.setContent(opened.html)
  await shot('132-copy', paper.locator('main'))
  await paper.close()
  await page.phone.desk.page.bringToFront()
})
