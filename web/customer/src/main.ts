/** Starts the customer pages that open inside WeChat's web view. */

import { createApp } from 'vue'
import App from './App.vue'
import { followWeChatFont } from './elder'
import { router } from './router'
import '@weiyin/shared/theme.css'
import './styles/base.css'

followWeChatFont()
createApp(App).use(router).mount('#app')
