import { createApp } from 'vue'
import App from './App.vue'
import { controlApi } from './control/api'
import type { Source } from './control/events'
import { createNotes, deskKey } from './state/desk'
import { createPhones } from './state/phones'
import { createWorld } from './state/world'
import '@weiyin/shared/theme.css'
import './styles.css'

const notes = createNotes()
const phones = createPhones(browserStorage())
const world = createWorld({
  api: controlApi(),
  open: () => new EventSource('/control/events') as Source,
  isReading: (appid, uid) => phones.isReading(appid, uid) && document.visibilityState === 'visible',
  onTrouble: (words) => notes.say(words, true),
})

createApp(App)
  .provide(deskKey, { world, phones, ...notes })
  .mount('#app')

function browserStorage(): Storage | null {
  try {
    return window.localStorage
  } catch {
    return null
  }
}
