import type { ChatRequest } from '@atpar/core/chat'

/** What a message carries beside its words and these formats have no place for. */
export const dropMessageMarks = (request: ChatRequest, dropped: Set<string>): void => {
  for (const message of request.messages) {
    if (message.name !== undefined) dropped.add('messages.name')
    if (message.content.some((part) => 'cache' in part && part.cache !== undefined)) dropped.add('cache_control')
  }
}

/** How closely a picture is to be looked at; `auto` is what saying nothing means. */
export const dropDetail = (request: ChatRequest, dropped: Set<string>): void => {
  for (const { content } of request.messages)
    if (content.some((part) => part.type === 'image' && part.detail !== undefined && part.detail !== 'auto'))
      dropped.add('image.detail')
}

/** Wishes that only OpenAI's format knows, named as dropped where they were made. */
export const dropOpenAiWishes = (request: ChatRequest, dropped: Set<string>): void => {
  for (const [name, value] of [
    ['user', request.user],
    ['metadata', request.metadata],
    ['n', request.choices > 1 ? request.choices : null],
    ['logprobs', request.logprobs],
    ['parallel_tool_calls', request.parallelToolCalls === false && request.tools.length > 0 ? false : null],
    ['service_tier', request.serviceTier === 'auto' || request.serviceTier === 'default' ? null : request.serviceTier],
  ] as const) {
    if (value !== null) dropped.add(name)
  }
}
