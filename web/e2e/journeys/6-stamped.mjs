// Journey 3, 〔要盖章的流水〕: a code, a PDF with the bank's seal, and the public page that says whether the paper is genuine.
import assert from 'node:assert/strict'
import { reads, visible } from '../lib/expect.mjs'
import { account, person } from '../lib/demo.mjs'
import { journey } from '../lib/stage.mjs'

const BANK = '陵溪农商行'
const li = person('李芳')

journey('a stamped statement: a code, the PDF, and both its paper and its file are found genuine', async ({ desk, shot }) => {
  const phone = await desk.chat(li.uid, account(BANK).appid, '李芳')
  // Another journey may have bound her before.
  if ((await phone.say('绑卡', /点这里绑定|您绑定了/)).includes('点这里绑定')) {
    const first = await phone.openPage('点这里绑定')
    await first.bind(li)
    await first.back()
  }
  await desk.turnClock('15 分钟')
  // The new answer first: an old link may stand in the chat. A month, for on some days of it a week has no entries.
  await phone.say('查近一个月的明细', '全部')
  const page = await phone.openPage('全部')
  await page.button('生成盖章流水').click()
  const sheet = page.frame.getByRole('dialog', { name: '盖章流水' })
  await visible(sheet)
  await sheet.getByRole('button', { name: '近三个月' }).click()
  await sheet.getByRole('button', { name: '签证' }).click()
  await sheet.getByLabel('想写细一点').fill('去看女儿')
  await shot('69-stamp-purpose', phone.root)
  const code = await page.fetchCode(li)
  await shot('70-stamp-code', phone.root)
  await page.typeCode(code)
  const link = sheet.getByRole('link', { name: '打开 PDF' })
  await visible(link)
  await shot('71-stamp-done', phone.root)

  const href = await link.getAttribute('href')
  const file = await page.body.evaluate(async (_, url) => {
    const answer = await fetch(url)
    const bytes = new Uint8Array(await answer.arrayBuffer())
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    return {
      type: answer.headers.get('content-type'),
      head: String.fromCharCode(...bytes.slice(0, 5)),
      all: [...bytes],
      print: [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
    }
  }, href)
  assert.deepEqual([file.type, file.head], ['application/pdf', '%PDF-'])

  const made = await page.body.evaluate(async (_, url) => (await fetch(url)).json(), href.replace(/\/file\/.*$/, ''))
  const check = await desk.page.context().newPage()
  await check.goto(new URL(`/v/${made.items[0].check_code}`, account(BANK).callback_url).href)
  await reads(check.locator('main'), '是本行出具的流水')
  await reads(check.locator('main'), file.print)
  await reads(check.locator('main'), '签证 Visa application')
  await shot('72-stamp-check', check.locator('main'))
  const hold = async (bytes) => {
    const pdf = { name: 'statement.pdf', mimeType: 'application/pdf', buffer: Buffer.from(bytes) }
    await check.getByLabel('手里是电子文件').setInputFiles(pdf)
    await check.getByRole('button', { name: '核对文件' }).click()
  }
  await hold(file.all)
  await reads(check.locator('main'), '这个文件没有改过')
  await shot('73-stamp-file', check.locator('main'))
  await hold(file.all.with(300, file.all[300] ^ 1))
  await reads(check.locator('main'), '这个文件被改过')
  await check.close()
})
