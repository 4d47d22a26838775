/** Whether the sheet of keys is open; the bar and `?` open it. */

import { ref } from 'vue'

export const sheetOpen = ref(false)
