import '@fontsource-variable/noto-sans-sc/wght.css'
import '@fontsource-variable/jetbrains-mono/wght.css'
import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/el-button.css'
import 'element-plus/theme-chalk/el-input.css'
import 'element-plus/theme-chalk/el-dialog.css'
import 'element-plus/theme-chalk/el-overlay.css'
import './styles/tokens.css'
import './styles/element.css'
import './styles/page.css'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { applyLocale, createTexts, keptLocale } from './i18n'
import { installKeys } from './keys/bindings'
import { createConsoleRouter } from './router'
import { usePreferences } from './stores/preferences'

const app = createApp(App)
app.use(createPinia())
const locale = keptLocale()
applyLocale(locale)
app.use(createTexts(locale))
const preferences = usePreferences()
installKeys(() => preferences.keysOn)
app.use(createConsoleRouter())
app.mount('#app')
