/**
 * Every page of the customer app. A page is one file under `pages/` named like its route, loaded when it is opened.
 *
 * Not for: guarding. The server decides who sees what; a page shows its refusal.
 */

import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/s/:slug/bind', name: 'bind', component: () => import('./pages/bind.vue'), props: true, meta: { title: '绑定银行卡' } },
  { path: '/s/:slug/accounts', name: 'accounts', component: () => import('./pages/accounts.vue'), props: true, meta: { title: '我的账户' } },
  { path: '/s/:slug/statement', name: 'statement', component: () => import('./pages/statement.vue'), props: true, meta: { title: '收支明细' } },
  { path: '/s/:slug/agree', name: 'agree', component: () => import('./pages/agree.vue'), props: true, meta: { title: '协议有更新' } },
  { path: '/s/:slug/undo', name: 'undo', component: () => import('./pages/undo.vue'), props: true, meta: { title: '确认是您本人' } },
  { path: '/s/:slug/card', name: 'card', component: () => import('./pages/card.vue'), props: true, meta: { title: '信用卡设置' } },
  { path: '/s/:slug/paper', name: 'paper', component: () => import('./pages/paper.vue'), props: true, meta: { title: '单据' } },
  { path: '/s/:slug/receipt', name: 'receipt', component: () => import('./pages/paper.vue'), props: (to) => ({ slug: to.params['slug'], paid: true }), meta: { title: '电子回单' } },
  { path: '/s/:slug/certificate', name: 'certificate', component: () => import('./pages/certificate.vue'), props: true, meta: { title: '公益证书' } },
  { path: '/s/:slug/pay', name: 'pay', component: () => import('./pages/pay.vue'), props: true, meta: { title: '确认付款' } },
  { path: '/s/:slug/collect', name: 'collect', component: () => import('./pages/collect.vue'), props: true, meta: { title: '我的收款码' } },
  { path: '/s/:slug/payto', name: 'payto', component: () => import('./pages/payto.vue'), props: true, meta: { title: '付款' } },
  { path: '/s/:slug/pin', name: 'pin', component: () => import('./pages/pin.vue'), props: true, meta: { title: '微信银行密码' } },
  { path: '/s/:slug/setting', name: 'setting', component: () => import('./pages/setting.vue'), props: true, meta: { title: '账户设置' } },
  { path: '/s/:slug/risk', name: 'risk', component: () => import('./pages/risk.vue'), props: true, meta: { title: '风险测评' } },
  { path: '/s/:slug/notices', name: 'notices', component: () => import('./pages/notices.vue'), props: true, meta: { title: '通知设置' } },
  { path: '/s/:slug/privacy', name: 'privacy', component: () => import('./pages/privacy.vue'), props: true, meta: { title: '我的信息' } },
  { path: '/s/:slug/result', name: 'result', component: () => import('./pages/result.vue'), props: true, meta: { title: '办理结果' } },
  { path: '/s/:slug/form', name: 'form', component: () => import('./pages/form.vue'), props: true, meta: { title: '填表' } },
  { path: '/s/:slug/cases', name: 'cases', component: () => import('./pages/cases.vue'), props: true, meta: { title: '办理进度' } },
  { path: '/problem', name: 'problem', component: () => import('./pages/problem.vue'), meta: { title: '打不开' } },
  { path: '/:rest(.*)*', name: 'missing', component: () => import('./pages/missing.vue'), meta: { title: '没有这个页面' } },
]

export const router = createRouter({
  history: createWebHistory('/h5/'),
  routes,
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

router.afterEach((to) => {
  document.title = typeof to.meta['title'] === 'string' ? to.meta['title'] : '微信银行'
})

// After a release the files an open page still names are gone: load the page anew, once.
router.onError((error, to) => {
  if (!/dynamically imported module|module script|preload CSS/i.test(String(error))) return
  const key = 'weiyin:reloaded'
  if (sessionStorage.getItem(key) === to.fullPath) return
  sessionStorage.setItem(key, to.fullPath)
  location.assign(router.resolve(to.fullPath).href)
})
