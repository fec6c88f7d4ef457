/** What a test sees and taps where sheets stand outside their components. */
import { flushPromises } from '@vue/test-utils'

export const words = () => document.body.textContent

export async function tap(name: string): Promise<void> {
  const button = [...document.body.querySelectorAll('button')].find((one) => one.textContent.trim() === name)
  if (!button) throw new Error(`no button ${name} in ${words()}`)
  button.click()
  await flushPromises()
}
