'use client'

import { UserPlus } from 'lucide-react'
import { useActionState, useEffect, useState } from 'react'
import { TEAM_ROLES } from '@atpar/core/permissions'
import { TEAM_ROLE_LABELS } from '../../organization/role-labels.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { SelectField } from '../../ui/field.tsx'
import { IDLE } from '../../ui/form-state.ts'
import { Problem } from '../../ui/problem.tsx'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { addMembersAction } from './actions.ts'

interface AddMembersDialogProps {
  readonly orgSlug: string
  readonly teamId: string
  readonly teamName: string
  readonly people: readonly { readonly memberId: string; readonly name: string; readonly email: string }[]
}

/** Everyone of the organization who is not in the team, to tick as many as wanted. */
export const AddMembersDialog = ({ orgSlug, teamId, teamName, people }: AddMembersDialogProps) => {
  const [isOpen, setIsOpen] = useState(false)
  const [state, submit] = useActionState(addMembersAction.bind(null, { orgSlug, teamId }), IDLE)
  useEffect(() => {
    if (state.status === 'done') setIsOpen(false)
  }, [state])
  return (
    <>
      <Button onClick={() => setIsOpen(true)}>
        <UserPlus aria-hidden /> Add members
      </Button>
      <Dialog isOpen={isOpen} onClose={() => setIsOpen(false)} title={`Add members to ${teamName}`}>
        <form action={submit} className="space-y-4">
          <Problem message={state.message} />
          {people.length === 0 ? (
            <p className="text-sm text-muted">Everyone is in this team already. Invite people from the members page.</p>
          ) : (
            <fieldset>
              <legend className="mb-1.5 text-[13px] font-medium">People</legend>
              <ul className="max-h-64 divide-y overflow-y-auto rounded-lg border border-line-strong">
                {people.map((person) => (
                  <li key={person.memberId}>
                    <label className="flex cursor-pointer items-center gap-3 px-3 py-2 hover:bg-subtle">
                      <input type="checkbox" name="memberId" value={person.memberId} className="size-4 accent-accent" />
                      <span className="min-w-0">
                        <span className="block truncate text-sm font-medium">{person.name}</span>
                        <span className="block truncate text-[13px] text-muted">{person.email}</span>
                      </span>
                    </label>
                  </li>
                ))}
              </ul>
            </fieldset>
          )}
          <SelectField label="As" name="role" defaultValue="developer">
            {TEAM_ROLES.toReversed().map((role) => (
              <option key={role} value={role}>
                {TEAM_ROLE_LABELS[role]}
              </option>
            ))}
          </SelectField>
          <div className="flex justify-end gap-2">
            <Button tone="secondary" onClick={() => setIsOpen(false)}>
              Cancel
            </Button>
            <SubmitButton pendingLabel="Adding…" disabled={people.length === 0}>
              Add to team
            </SubmitButton>
          </div>
        </form>
      </Dialog>
    </>
  )
}
