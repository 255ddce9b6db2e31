import type { BookUsage } from '../books.ts'
import { sumInput, type Answer, type AnswerChoice } from '../generate/answer.ts'
import type { Envelope } from '../generate/wire-format.ts'
import { signThought } from './signature.ts'

type Part = Record<string, unknown>

/** Counts as Gemini writes them: cached tokens inside the prompt's, thoughts beside the candidates'. Zero counts are left out. */
export function writeUsageMetadata(usage: Readonly<BookUsage>) {
  const prompt = sumInput(usage)
  const { output_text: text, output_reasoning: thoughts, cache_read: cached } = usage
  return {
    promptTokenCount: prompt,
    ...(text > 0 ? { candidatesTokenCount: text } : {}),
    totalTokenCount: prompt + text + thoughts,
    ...(cached > 0 ? { cachedContentTokenCount: cached } : {}),
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: prompt }],
    ...(cached > 0 ? { cacheTokensDetails: [{ modality: 'TEXT', tokenCount: cached }] } : {}),
    ...(thoughts > 0 ? { thoughtsTokenCount: thoughts } : {}),
  }
}

export function finishReason(choice: AnswerChoice): 'STOP' | 'MAX_TOKENS' {
  return choice.finish === 'length' ? 'MAX_TOKENS' : 'STOP'
}

/** A GenerateContentResponse body. */
export function writeGenerateAnswer(answer: Answer, envelope: Envelope): string {
  const { request, requestId, directive } = envelope
  return JSON.stringify({
    candidates: answer.choices.map((choice) => {
      const parts = writeParts(choice, envelope)
      return {
        // With nothing to say, Gemini leaves `parts` out.
        content: { ...(parts.length > 0 ? { parts } : {}), role: 'model' },
        finishReason: finishReason(choice),
        index: choice.index,
      }
    }),
    ...(directive.no_usage === true ? {} : { usageMetadata: writeUsageMetadata(answer.usage) }),
    modelVersion: request.model,
    responseId: requestId,
  })
}

function writeParts(choice: AnswerChoice, { request, requestId }: Envelope): Part[] {
  const parts: Part[] = []
  if (choice.reasoning.length > 0 && request.showsReasoning)
    parts.push({ text: choice.reasoning.join(''), thought: true })
  if (choice.text.length > 0) {
    parts.push({
      text: choice.text.join(''),
      ...(choice.reasoning.length > 0 ? { thoughtSignature: signThought(requestId) } : {}),
    })
  }
  for (const call of choice.toolCalls)
    parts.push(writeCallPart(call, { requestId, isFirst: call === choice.toolCalls[0] }))
  return parts
}

/** Of parallel calls only the first is signed. */
export function writeCallPart(
  call: AnswerChoice['toolCalls'][number],
  place: { requestId: string; isFirst: boolean },
): Part {
  return {
    functionCall: { name: call.name, args: call.arguments },
    ...(place.isFirst ? { thoughtSignature: signThought(place.requestId) } : {}),
  }
}
