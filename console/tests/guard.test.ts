import { describe, expect, it } from 'vitest'
import { commandOf, nameOf, verdictReady } from '@/keys/guard'

describe('the keyboard guard', () => {
  it('is dead while the person writes', () => {
    expect(commandOf({ key: 'f', target: { tagName: 'INPUT', type: 'text' } })).toBeNull()
    expect(commandOf({ key: 'f', target: { tagName: 'TEXTAREA' } })).toBeNull()
    expect(commandOf({ key: 'f', target: { tagName: 'SELECT' } })).toBeNull()
    expect(commandOf({ key: 'f', target: { tagName: 'DIV', isContentEditable: true } })).toBeNull()
    expect(commandOf({ key: 'f', target: { tagName: 'INPUT', type: 'checkbox' } })).toBe('f')
  })
  it('is dead while an input method composes, in each browser\'s way of saying so', () => {
    expect(commandOf({ key: 'f', isComposing: true })).toBeNull()
    expect(commandOf({ key: 'f', keyCode: 229 })).toBeNull()
    expect(commandOf({ key: 'Process' })).toBeNull()
  })
  it('takes no held key for a second verdict', () => {
    expect(commandOf({ key: 'f', repeat: true })).toBeNull()
  })
  it('leaves Space and Enter to a focused control', () => {
    expect(commandOf({ key: ' ', target: { tagName: 'BUTTON' } })).toBeNull()
    expect(commandOf({ key: 'Enter', target: { tagName: 'A' } })).toBeNull()
    expect(commandOf({ key: ' ', target: { tagName: 'DIV' } })).toBe('Space')
  })
  it('tells a key with a modifier from the key alone', () => {
    expect(nameOf({ key: 'f', ctrlKey: true })).toBe('Ctrl+f')
    expect(nameOf({ key: 'F', shiftKey: true })).toBe('Shift+f')
    expect(nameOf({ key: 'ArrowLeft', altKey: true })).toBe('Alt+ArrowLeft')
    expect(nameOf({ key: '?', shiftKey: true })).toBe('?')
    expect(nameOf({ key: '+', shiftKey: true })).toBe('+')
    expect(nameOf({ key: 'f', metaKey: true })).not.toBe('f')
  })
  it('keeps verdict keys dead until the still is painted and the new alert has stood for 400 ms', () => {
    expect(verdictReady({ paintedAt: null, arrivedAt: 0 }, 10_000)).toBe(false)
    expect(verdictReady({ paintedAt: 100, arrivedAt: 0 }, 399)).toBe(false)
    expect(verdictReady({ paintedAt: 100, arrivedAt: 0 }, 400)).toBe(true)
    expect(verdictReady({ paintedAt: 500, arrivedAt: null }, 10_000)).toBe(false)
  })
})
