/** Who is logged in; the API that speaks for them; what happens when the session ends. */

import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { createApi } from '@/api/client'
import { ApiProblem } from '@/api/problem'
import { rightsOf } from '@/api/rights'
import type { SessionAnswer, User } from '@/api/types'

/** The cookie cannot be read from here; this mark says that one was given, so that a first visit asks for nothing. */
const GIVEN = 'tantou.session'

export const useSession = defineStore('session', () => {
  const user = shallowRef<User | null>(null)
  const csrfToken = ref<string | null>(null)
  /** The session ended while a page was open: the page stays, a log-in box comes over it. */
  const expired = ref(false)
  const asked = ref(localStorage.getItem(GIVEN) === null)

  const api = createApi({
    csrfToken: () => csrfToken.value,
    onExpired: () => {
      if (user.value !== null) expired.value = true
    },
  })

  const rights = computed(() => rightsOf(user.value?.roles ?? []))

  function take(answer: SessionAnswer): void {
    user.value = answer.user
    csrfToken.value = answer.csrf_token
    expired.value = false
    localStorage.setItem(GIVEN, '1')
  }

  /** Asks the server once; later calls answer from memory. */
  async function resume(): Promise<boolean> {
    if (!asked.value) {
      try {
        take(await api.session())
        asked.value = true
      } catch (error) {
        if (!(error instanceof ApiProblem) || error.isNetwork) throw error
        asked.value = true
        localStorage.removeItem(GIVEN)
      }
    }
    return user.value !== null
  }

  async function login(name: string, password: string): Promise<void> {
    take(await api.login(name, password))
    asked.value = true
  }

  async function logout(): Promise<void> {
    await api.logout().catch(() => undefined)
    localStorage.removeItem(GIVEN)
    user.value = null
    csrfToken.value = null
    expired.value = false
  }

  return { user, csrfToken, expired, api, rights, resume, login, logout }
})
