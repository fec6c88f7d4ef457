// The staff's console in a window of its own, beside the desk with its phones.
import { until, visible } from './expect.mjs'
import { demo } from './demo.mjs'

/** Somebody's own browser window at the console, signed in without a mouse. */
export async function signIn(context, login) {
  const staff = demo.staff.find((one) => one.login === login)
  const page = await (await context.browser().newContext({ viewport: { width: 1280, height: 900 }, locale: 'zh-CN' })).newPage()
  await page.goto(demo.console)
  // the page stands on the first field by itself; words typed before that would go nowhere
  await until('the first field has the focus', () => page.evaluate(() => document.activeElement?.tagName === 'INPUT'))
  await page.keyboard.type(staff.login)
  await page.keyboard.press('Tab')
  await page.keyboard.type(staff.password)
  await page.keyboard.press('Enter')
  await visible(page.getByRole('heading', { name: '待处理留言' }))
  return page
}
