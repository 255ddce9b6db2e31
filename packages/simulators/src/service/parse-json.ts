import { Refusal } from '../refusal.ts'

/** A JSON body, or a 400. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw new Refusal(400, 'We could not parse the JSON body of your request.')
    throw error
  }
}
