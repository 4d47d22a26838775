/** Pages and who may open them. What a person has no right to is not there for them. */

import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { homeOf, type Right } from './api/rights'
import { useSession } from './stores/session'

declare module 'vue-router' {
  interface RouteMeta {
    right?: Right
    open?: boolean
    /** i18n key of the page's name, for the window's title. */
    title?: string
  }
}

const routes: RouteRecordRaw[] = [
  { path: '/login', name: 'login', component: () => import('./views/LoginView.vue'), meta: { open: true, title: 'login.title' } },
  { path: '/review', name: 'review', component: () => import('./views/ReviewView.vue'), meta: { right: 'review', title: 'menu.review' } },
  { path: '/urgent', name: 'urgent', component: () => import('./views/UrgentView.vue'), meta: { right: 'urgent', title: 'matters.straw_burning.urgent.title' } },
  { path: '/leads', name: 'leads', component: () => import('./views/LeadsView.vue'), meta: { right: 'leads', title: 'menu.leads' } },
  { path: '/leads/:id', name: 'lead', component: () => import('./views/LeadView.vue'), meta: { right: 'leads', title: 'menu.leads' } },
  { path: '/premises', name: 'premises', component: () => import('./views/PremisesListView.vue'), meta: { right: 'devices', title: 'menu.premises' } },
  { path: '/premises/:gateway/:zone', name: 'kitchen', component: () => import('./views/PremisesView.vue'), meta: { right: 'devices', title: 'menu.premises' } },
  { path: '/devices', name: 'devices', component: () => import('./views/DevicesView.vue'), meta: { right: 'devices', title: 'menu.devices' } },
  { path: '/devices/:gateway/:device', name: 'device', component: () => import('./views/DeviceView.vue'), meta: { right: 'devices', title: 'menu.devices' } },
  { path: '/:rest(.*)', name: 'none', component: () => import('./views/NoPageView.vue') },
]

export function createConsoleRouter() {
  const router = createRouter({ history: createWebHistory(), routes })
  router.beforeEach(async (to) => {
    const session = useSession()
    let known = session.user !== null
    if (!known) {
      try {
        known = await session.resume()
      } catch {
        // No answer at all: the log-in page says that the server cannot be reached.
        known = false
      }
    }
    if (!known) return to.meta.open ? true : { name: 'login', query: to.path === '/' ? {} : { to: to.fullPath } }
    const loggingOut = to.name === 'login' && to.query.out === '1'
    if (to.path === '/' || (to.name === 'login' && !loggingOut)) return homeOf(session.rights)
    if (to.meta.right && !session.rights.has(to.meta.right)) return homeOf(session.rights)
    return true
  })
  return router
}
