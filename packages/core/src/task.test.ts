import { expect, test } from 'vitest'
import { requireTask, TASKS } from './task.ts'

test('a model of another task is refused with the endpoint that serves it, whichever it is', () => {
  for (const task of TASKS) {
    const accepted = TASKS.filter((other) => other !== task)
    expect(() => requireTask({ id: 'some-model', task }, accepted)).toThrow(
      expect.objectContaining({
        code: 'wrong_endpoint',
        status: 400,
        param: 'model',
        message: expect.stringMatching(/^"some-model" .* (?:GET|POST) \/v1\//),
      }),
    )
    requireTask({ id: 'some-model', task }, [task])
  }
})
