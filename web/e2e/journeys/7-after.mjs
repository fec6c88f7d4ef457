// Being a customer afterwards: secrets in the chat, nothing found, coming without following, unbinding, coming back.
import assert from 'node:assert/strict'
import { gone, reads, visible } from '../lib/expect.mjs'
import { account, control, demo, person } from '../lib/demo.mjs'
import { BankPage } from '../lib/bank.mjs'
import { journey } from '../lib/stage.mjs'

const BANK = '陵溪农商行'
const { appid } = account(BANK)
const li = person('李芳')

journey('a password sent in the chat is answered with a warning and not read', async ({ desk, shot }) => {
  await desk.open(`${li.uid}@${appid}`)
  const phone = desk.phone('李芳')
  await phone.say('我的密码是936274', /密码.*(不要|别)|(不要|别).*密码/)
  await shot('80-secret', phone.root)
})

journey('a time without entries says so and offers the month before', async ({ desk, shot }) => {
  await desk.open(`${li.uid}@${appid}`)
  const phone = desk.phone('李芳')
  await phone.say('今天的进出账', '没有进出账，往前看一个月？')
  await shot('81-nothing', phone.root)
  await phone.answerTo(() => phone.tap('往前看'), /进 [\d,.]+ 出 [\d,.]+，共 \d+ 笔/)
})

journey('one who came without following may bind too, and is asked to follow', async ({ desk, context, shot }) => {
  const gao = person('高立新')
  const uid = await control.newUser('高立新')
  const province = account('青禾农信').appid
  await desk.open(uid)
  const tab = await context.newPage()
  await tab.setViewportSize({ width: 390, height: 844 })
  const go = `${demo.public}/h5/go/${province}/bind`
  await tab.goto(`${new URL(demo.phone).origin}/webview?${new URLSearchParams({ uid, appid: province, url: go })}`)
  const page = new BankPage(desk.phone('高立新'), tab)
  await page.fillCard(gao)
  await page.next()
  await visible(page.heading('验证手机'))
  const before = await desk.latestCode(gao.mobile)
  await page.button('获取验证码').click()
  await page.typeCode(await desk.freshCode(gao.mobile, before))
  await page.setPin('936274')
  await page.agree()
  await page.button('完成绑定').click()
  await visible(page.heading('绑定成功'))
  await page.reads('先关注，才能收到到账提醒')
  await shot('82-not-followed', tab)
})

journey('unbinding in the chat asks once, and afterwards nothing is told any more; following again welcomes back', async ({ desk, shot }) => {
  await desk.open(`${li.uid}@${appid}`)
  const phone = desk.phone('李芳')
  await phone.say('解绑', '确定解除吗？')
  await phone.answerTo(() => phone.tap('确定解除'), '已解除绑定')
  await phone.say('查余额', '您还没有绑定银行卡')
  await shot('83-unbound', phone.root)

  await phone.root.getByRole('button', { name: '公众号资料' }).click()
  await phone.root.getByRole('button', { name: '不再关注' }).first().click()
  await phone.root.getByRole('dialog', { name: '不再关注' }).getByRole('button', { name: '不再关注' }).click()
  const follow = phone.root.getByRole('button', { name: '关注公众号' })
  await follow.click()
  await gone(follow)
  await reads(phone.answers.last(), /您好|回来/)
  assert.ok((await control.chat(li.uid, appid)).followed)
})
