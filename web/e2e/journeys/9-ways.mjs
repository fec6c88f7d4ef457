// Other ways to a binding: a passbook, a call instead of a message, a small question, another WeChat; and the PIN's own page.
import assert from 'node:assert/strict'
import { gone, reads, until, visible } from '../lib/expect.mjs'
import { account, control, person } from '../lib/demo.mjs'
import { LARGEST, journey } from '../lib/stage.mjs'

const PIN = '936274'
/** Typed in no other journey, so that where it is found it came from the keypad. */
const OWN = '805917'
const { appid } = account('陵溪农商行')

/** The newest message or call to a number, once there are more than `before`. */
async function newest(mobile, before) {
  const all = await until(`a new message for ${mobile}`, async () => {
    const got = await control.sms(mobile)
    return got.length > before ? got : null
  })
  return all.sort((a, b) => b.at_ms - a.at_ms)[0]
}

const codeIn = (sms) => /\d{6}/.exec(sms.text.replaceAll('，', ''))[0]

/** What a person answers to the bank's small question. */
function answerTo(words) {
  const figures = [...words].map((c) => '零一二三四五六七八九'.indexOf(c)).filter((n) => n >= 0)
  if (words.includes('加')) return figures[0] + figures[1]
  if (words.includes('减')) return figures[0] - figures[1]
  const three = words.match(/\d+/g).map(Number)
  return words.includes('最大') ? Math.max(...three) : Math.min(...three)
}

/** Every text in a snapshot. (Its numbers are its own: sizes and places, `@1234` in names too.) */
function textsOf(snapshot) {
  const places = placesOf(snapshot)
  return snapshot.strings.filter((_, at) => !places.has(at)).map((text) => text.replace(/ @\d+/g, ''))
}

/** Texts that are nothing but where a function begins or ends in its file: a number of five digits may be one by chance. */
function placesOf({ nodes, edges, strings, snapshot: { meta } }) {
  const [type, name, count] = ['type', 'name', 'edge_count'].map((field) => meta.node_fields.indexOf(field))
  const [width, step] = [meta.node_fields.length, meta.edge_fields.length]
  const [kinds, ways] = [meta.node_types[0], meta.edge_types[0]]
  const [owners, spoken] = [new Map(), new Set()]
  for (let node = 0, edge = 0; node < nodes.length; node += width) {
    for (let n = 0; n < nodes[node + count]; n++, edge += step) {
      const by = ['element', 'hidden', 'weak'].includes(ways[edges[edge]]) ? '' : strings[edges[edge + 1]]
      if (by !== '') spoken.add(edges[edge + 1])
      const known = owners.get(edges[edge + 2])
      if (known) known.push({ node, by })
      else owners.set(edges[edge + 2], [{ node, by }])
    }
  }
  const isPlace = (node) => kinds[nodes[node + type]] === 'number'
    && owners.get(node).every((owner) => kinds[nodes[owner.node + type]] === 'code' && owner.by.endsWith('_position'))
  const places = new Map()
  for (let node = 0; node < nodes.length; node += width) {
    if (!/^\d+$/.test(strings[nodes[node + name]])) continue
    const only = kinds[nodes[node + type]] === 'string' && (owners.get(node) ?? [{ node }]).every((owner) => isPlace(owner.node))
    places.set(nodes[node + name], only && places.get(nodes[node + name]) !== false)
  }
  return new Set([...places].filter(([at, only]) => only && !spoken.has(at)).map(([at]) => at))
}

/**
 * Whether a text holds digits that were typed. Numbers in decimal and hex, of which the desk's record of exchanges is full, hold
 * any five digits now and then by chance; a PIN in the middle of one would be no readable PIN.
 */
function holds(text, digits) {
  return new RegExp(`(?<![0-9a-f])${digits}(?![0-9a-f])`).test(text)
}

/** Every text in the memory of the page's scripts. */
async function memoryOf(page) {
  const session = await page.context().newCDPSession(page)
  const parts = []
  session.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => parts.push(chunk))
  await session.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false })
  await session.detach()
  return textsOf(JSON.parse(parts.join('')))
}

journey('CA-07: the PIN is nowhere in the page or its memory, and is gone when the page is left', async ({ desk, shot }) => {
  const yang = person('杨桂兰')
  const phone = await desk.chat(await control.newUser('杨桂兰的键盘'), appid, '杨桂兰的键盘')
  const opened = desk.page.waitForResponse((answer) => /\/h5\/s\/[^/]+\/bind$/.test(new URL(answer.url()).pathname) && answer.status() === 200)
  const page = await phone.openPageAfter('绑卡', '点这里绑定')
  const policy = (await opened).headers()['content-security-policy']
  assert.match(policy, /default-src 'self'/)
  assert.match(policy, /report-uri \/h5\/csp/)
  await page.fillCard(yang)
  await page.next()
  await visible(page.heading('验证手机'))
  await page.typeCode(await page.fetchCode(yang))
  await visible(page.heading('设 6 位密码'))

  const dots = page.frame.locator('.dots')
  const typed = async (wanted) => until(`${wanted} dots are filled`, async () => (await dots.getAttribute('aria-label')).includes(`已输入 ${wanted} 位`))
  const outside = () => page.body.evaluate((body) => {
    const copy = body.cloneNode(true)
    copy.querySelector('.keypad')?.remove()
    return copy.innerHTML
  })
  await page.pressPin(OWN.slice(0, 5))
  await typed(5)
  assert.equal(await page.frame.locator('input, textarea, [contenteditable]').count(), 0, 'nothing a system keyboard could fill')
  assert.ok(!(await outside()).includes(OWN.slice(0, 5)), 'no digit that was typed stands in the page')
  const heap = await memoryOf(desk.page)
  assert.ok(heap.some((text) => text.includes('keypad-key')), 'this is the memory of that page')
  assert.deepEqual(heap.filter((text) => holds(text, OWN.slice(0, 5))), [], 'nor in its memory')
  await shot('89-pin-dots', phone.root)

  const layout = async () => (await page.frame.locator('.keypad-key').allInnerTexts()).join('')
  const before = await layout()
  await page.body.evaluate(() => void window.dispatchEvent(new Event('blur')))
  await page.reads('刚才离开过页面，为了安全请重新输入')
  await typed(0)
  await until('the keys stand in another order', async () => ((await layout()) !== '' && (await layout()) !== before))
  await page.pressPin(OWN.slice(0, 3))
  await typed(3)
  await page.body.evaluate(() => void window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })))
  await typed(0)

  await page.setPin(OWN)
  await visible(page.frame.getByRole('checkbox'))
  assert.ok(!(await outside()).includes(OWN), 'sealed: not in the page')
  assert.deepEqual((await memoryOf(desk.page)).filter((text) => text.includes(OWN)), [], 'nor in its memory')

  const reported = desk.page.context().waitForEvent('request', (request) => new URL(request.url()).pathname === '/h5/csp')
  await page.body.evaluate((body) => {
    const strange = body.ownerDocument.createElement('script')
    strange.src = 'https://strange.example/keys.js'
    body.append(strange)
  })
  const report = (await reported).postDataJSON()['csp-report']
  assert.match(report['blocked-uri'], /strange\.example/, 'a script of someone else is stopped and told to us')
}, { allows: /strange\.example/ })

journey('an elder with a passbook and no card binds on a small phone with large letters, the code read out by a call', async ({ desk, context, shot }) => {
  await context.addInitScript(LARGEST)
  const yang = person('杨桂兰')
  await control.advance(1)
  const before = (await control.sms(yang.mobile)).length
  const phone = await desk.chat(yang.uid, appid, '杨桂兰')
  const page = await phone.openPageAfter('绑卡', '点这里绑定')
  await visible(page.heading('绑定银行卡'))
  await page.assertFits()
  await shot('90-passbook-consent')
  await page.next()
  await page.reads('请先看协议，再逐个勾选')
  await page.fillCard(yang)
  await page.assertFits()
  await shot('91-passbook-filled')
  await page.next()
  await visible(page.heading('验证手机'))
  await page.button('获取验证码').click()
  const unread = await newest(yang.mobile, before)
  await page.reads(/后还没收到，可以打电话念给您/)
  await page.assertFits()
  await shot('92-code-sent')

  await phone.putMessageAway(codeIn(unread))
  await desk.quiet()
  await page.button('收不到？').click()
  const help = page.frame.getByRole('dialog', { name: '收不到验证码' })
  await reads(help, /停机[\s\S]*骚扰拦截[\s\S]*打电话念给我听[\s\S]*号码不用了，带身份证和卡到网点改手机号/)
  await page.assertFits()
  await shot('92-no-code')
  await help.getByRole('button', { name: '知道了' }).click()
  await gone(help)

  await control.advance(1)
  await page.comeBack()
  await page.button('打电话念给我听').click()
  const call = await newest(yang.mobile, before + 1)
  assert.equal(call.way, 'voice')
  await page.reads('接起来听 6 位数字')
  await page.assertFits()
  await shot('93-called')

  const asked = page.frame.locator('.question label')
  const sent = async () => (await control.sms(yang.mobile)).length
  for (let codes = await sent(); (await asked.count()) === 0; codes = await sent()) {
    assert.ok(codes < before + 5, 'after three codes a question comes')
    await control.advance(1)
    await page.comeBack()
    await page.button('再打一次电话').click()
    await until('a call or a question', async () => (await asked.count()) > 0 || (await sent()) > codes)
  }
  const last = await sent()
  await page.assertFits()
  await shot('94-question')
  const field = page.frame.locator('.question input')
  await field.fill('999')
  const first = await asked.innerText()
  await page.button('答好了，发验证码').click()
  await until('another question', async () => (await field.inputValue()) === '' || (await asked.innerText()) !== first)
  await field.fill(String(answerTo(await asked.innerText())))
  await page.button('答好了，发验证码').click()
  await page.typeCode(codeIn(await newest(yang.mobile, last)))
  await page.setPin(PIN)
  await page.agree()
  await page.button('完成绑定').click()
  await visible(page.heading('绑定成功'))
  await page.reads('尾号 0052')
  await page.assertFits()
  await shot('95-passbook-done')
}, { viewport: { width: 320, height: 640 } })

journey('a customer with a new phone moves the binding there with face and PIN, and the old one is told', async ({ desk, shot }) => {
  const wang = person('王强')
  const uid = await control.newUser('王强的新手机')
  await control.follow(wang.uid, appid)
  await control.follow(uid, appid)
  await desk.open(`${wang.uid}@${appid}`, `${uid}@${appid}`)
  const old = desk.phone('王强')
  // Another journey may have bound him before, with the same PIN.
  if ((await old.say('绑卡', /点这里绑定|您绑定了/)).includes('点这里绑定')) {
    const first = await old.openPage('点这里绑定')
    await first.bind(wang, PIN)
    await first.back()
  }

  const phone = desk.phone('王强的新手机')
  const page = await phone.openPageAfter('绑卡', '点这里绑定')
  await page.fillCard(wang)
  await page.next()
  await visible(page.heading('已经绑在另一个微信上'))
  await visible(page.button('不是我绑的'))
  await shot('96-swap-wall', phone.root)
  await control.advance(1)
  await page.button('换到这个微信').click()
  await visible(page.heading('验证手机'))
  await page.typeCode(await page.fetchCode(wang))
  await visible(page.heading('刷脸'))
  await page.button('开始刷脸').click()
  await page.reads('请先看协议，再逐个勾选')
  await page.tick()
  await page.assertFits()
  await shot('96-swap-face', phone.root)
  for (const [answer, words] of [['不刷了，返回', '刚才没有刷完'], ['不像，没通过', /刷脸没通过[\s\S]*还可以试 2 次/]]) {
    await page.button('开始刷脸').click()
    await visible(page.heading('人脸核身'))
    await shot(`96-swap-vendor-${answer.slice(0, 2)}`, phone.root)
    await page.frame.getByRole('link', { name: answer }).click()
    await page.reads(words)
  }
  await shot('96-swap-face-failed', phone.root)
  await control.weather({ vendor_5xx_percent: 100 })
  await page.button('开始刷脸').click()
  await page.reads('刷脸服务没有回话')
  await control.fairWeather()
  await page.button('开始刷脸').click()
  await page.frame.getByRole('link', { name: '是本人，通过' }).click()
  await visible(page.heading('输微信银行密码'))
  await reads(page.frame.locator('[aria-current="step"]'), '输密码')
  await shot('97-swap-pin', phone.root)
  await page.pressPin('111222')
  await page.agree()
  await page.button('换到这个微信').click()
  await page.reads('密码不对，还可试 4 次')
  await shot('97-swap-wrong', phone.root)
  await page.pressPin(PIN)
  await page.agree()
  await page.button('换到这个微信').click()
  await visible(page.heading('绑定成功'))
  await shot('98-swap-done', phone.root)
  await page.back()
  await reads(old.answers.last(), /刚换到另一个微信上[\s\S]*不是您本人换的/)
  await shot('99-swap-told', old.root)
  await old.say('查余额', '还没有绑定银行卡')
  await phone.say('查余额', '1122')
}, { allows: /^503 from POST .*\/bind\/face$|status of 503/ })
