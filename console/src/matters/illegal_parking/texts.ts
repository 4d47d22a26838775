/** Words of illegal parking, a file each language. */
export { en } from './en'
export { zh } from './zh'
