/** Two languages, Chinese first; the choice is kept in the browser. */

import { createI18n } from 'vue-i18n'
import { matterTexts } from '@/matters/texts'
import en from './en'
import enDevices from './en.devices'
import enLead from './en.lead'
import zh from './zh'
import zhDevices from './zh.devices'
import zhLead from './zh.lead'

export type Locale = 'zh-CN' | 'en'
const KEPT_AS = 'tantou.locale'

export const messages = {
  'zh-CN': { ...zh, ...zhLead, ...zhDevices, ...matterTexts('zh') },
  en: { ...en, ...enLead, ...enDevices, ...matterTexts('en') },
}

export function keptLocale(): Locale {
  return localStorage.getItem(KEPT_AS) === 'en' ? 'en' : 'zh-CN'
}

export function createTexts(locale: Locale) {
  return createI18n({ legacy: false, locale, fallbackLocale: 'zh-CN', messages, missingWarn: true, fallbackWarn: false })
}

/** Switch, keep, and tell the page's language to readers of the screen. */
export function applyLocale(locale: Locale): void {
  localStorage.setItem(KEPT_AS, locale)
  document.documentElement.lang = locale
}
