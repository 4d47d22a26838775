/** What a person set for their own screen; kept in the browser. */

import { defineStore } from 'pinia'
import { ref, watch } from 'vue'

export type Theme = 'light' | 'dark'

function systemTheme(): Theme {
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}

export const usePreferences = defineStore('preferences', () => {
  const kept = localStorage.getItem('tantou.theme')
  const theme = ref<Theme>(kept === 'dark' || kept === 'light' ? kept : systemTheme())
  const keysOn = ref(localStorage.getItem('tantou.keys') !== 'off')

  watch(
    theme,
    (value, before) => {
      document.documentElement.dataset.theme = value
      if (before !== undefined) localStorage.setItem('tantou.theme', value)
    },
    { immediate: true },
  )
  watch(
    keysOn,
    (value) => {
      document.documentElement.classList.toggle('no-hints', !value)
      localStorage.setItem('tantou.keys', value ? 'on' : 'off')
    },
    { immediate: true },
  )

  function toggleTheme(): void {
    theme.value = theme.value === 'light' ? 'dark' : 'light'
  }

  return { theme, keysOn, toggleTheme }
})
