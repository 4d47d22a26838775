/** Words of straw burning, a file each language; the urgent page and the ring use them too. */
export { en } from './en'
export { zh } from './zh'
