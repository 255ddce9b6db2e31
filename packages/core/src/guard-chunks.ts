import type { ChatChunk } from './chat.ts'
import { createPieceGuard, type PieceGuard } from './guard-pieces.ts'
import { selectRules } from './guard-rules.ts'
import { sumFindings, type Finding } from './guard-text.ts'
import type { GuardPolicy } from './guardrails.ts'

/** Looks through a streamed answer: text, thinking, refusals and the arguments of tools, each as one text however it is cut. */
export interface ChunkGuard {
  /** What may go on of it, and of what was held back before. */
  push(chunk: ChatChunk): readonly ChatChunk[]
  /** What is still held back. */
  end(): readonly ChatChunk[]
  /** Something was found that must not be answered: nothing comes any more. */
  isBlocked(): boolean
  findings(): readonly Finding[]
}

type WordChunk = Extract<
  ChatChunk,
  { readonly type: 'text-delta' | 'thinking-delta' | 'refusal-delta' | 'tool-call-delta' }
>

interface Channel {
  readonly guard: PieceGuard
  /** To be sent with other words. */
  readonly last: WordChunk
}

export const createChunkGuard = (policy: GuardPolicy): ChunkGuard => {
  const rules = selectRules(policy, 'answers')
  const longestTerm = Math.max(0, ...policy.blockedTerms.map((term) => term.length))
  /** One for each text under way, by its choice and its kind. */
  const open = new Map<string, Channel>()
  const done: Finding[] = []
  let blocked = false

  const close = (isOver: (key: string, chunk: WordChunk) => boolean): ChatChunk[] => {
    const out: ChatChunk[] = []
    for (const [key, { guard, last }] of open) {
      if (!isOver(key, last)) continue
      open.delete(key)
      const rest = guard.end()
      done.push(...guard.findings())
      blocked ||= guard.isBlocked()
      if (!blocked && rest !== '') out.push(withWords(last, rest))
    }
    return blocked ? [] : out
  }

  const pushWords = (chunk: WordChunk): readonly ChatChunk[] => {
    const key = keyOf(chunk)
    // Thinking is over when the answer begins, and the other way round; calls of tools may come side by side.
    const before = close(
      (other, last) =>
        other !== key &&
        last.index === chunk.index &&
        !(last.type === 'tool-call-delta' && chunk.type === 'tool-call-delta'),
    )
    if (blocked) return []
    const guard = open.get(key)?.guard ?? createPieceGuard(rules, { longestTerm })
    open.set(key, { guard, last: chunk })
    const words = guard.push(wordsOf(chunk))
    blocked ||= guard.isBlocked()
    if (blocked) return []
    return words === '' ? before : [...before, withWords(chunk, words)]
  }

  return {
    push: (chunk) => {
      if (blocked) return []
      switch (chunk.type) {
        case 'text-delta':
        case 'thinking-delta':
        case 'refusal-delta':
        case 'tool-call-delta':
          return pushWords(chunk)
        case 'tool-call-start':
        case 'thinking-signature':
        case 'finish': {
          const before = close((_, last) => last.index === chunk.index)
          return blocked ? [] : [...before, chunk]
        }
        case 'start':
        case 'usage':
        case 'error':
          return [chunk]
      }
    },
    end: () => (blocked ? [] : close(() => true)),
    isBlocked: () => blocked,
    findings: () => sumFindings([...done, ...[...open.values()].flatMap(({ guard }) => guard.findings())]),
  }
}

const keyOf = (chunk: WordChunk): string =>
  chunk.type === 'tool-call-delta' ? `${chunk.index} call ${chunk.callIndex}` : `${chunk.index} ${chunk.type}`

const wordsOf = (chunk: WordChunk): string => (chunk.type === 'tool-call-delta' ? chunk.argumentsJson : chunk.text)

const withWords = (chunk: WordChunk, words: string): ChatChunk =>
  chunk.type === 'tool-call-delta' ? { ...chunk, argumentsJson: words } : { ...chunk, text: words }
