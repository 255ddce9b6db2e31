'use server'

import { readContentAct, type ReadContent } from '../../acts/content/read-content.ts'
import { actAs, requireOrganization } from '../../auth/guard.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'

export interface OpenedState extends FormState {
  readonly opened?: ReadContent
}

export const openContentAction = async (
  { orgSlug, requestId }: { readonly orgSlug: string; readonly requestId: string },
  _previous: OpenedState,
  _form: FormData,
): Promise<OpenedState> =>
  runAction('open-content', async (): Promise<OpenedState> => {
    const opened = await readContentAct(await actAs(await requireOrganization(orgSlug)), { requestId })
    return { status: 'done', opened }
  })
