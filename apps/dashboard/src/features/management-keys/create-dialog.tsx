'use client'

import { KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'
import { useGuardedAction } from '../../reauth/use-guarded-action.tsx'
import { Banner } from '../../ui/banner.tsx'
import { Button } from '../../ui/button.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { InputField, SelectField } from '../../ui/field.tsx'
import { IDLE } from '../../ui/form-state.ts'
import { Problem } from '../../ui/problem.tsx'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { createManagementKeyAction, type CreateManagementKeyState } from './actions.ts'
import { ROLE_WORDS } from './roles.ts'

interface CreateProps {
  readonly orgSlug: string
  readonly dashboardUrl: string
}

/** The only moment it is readable, and the first call to make with it. */
const Shown = ({ text, dashboardUrl, onDone }: { text: string; dashboardUrl: string; onDone: () => void }) => (
  <div className="space-y-4">
    <div className="flex items-center gap-2 rounded-lg border border-line-strong bg-subtle py-1.5 pr-1.5 pl-3.5">
      <code data-testid="new-management-key" className="min-w-0 flex-1 font-mono text-[13px] break-all select-all">
        {text}
      </code>
      <CopyButton text={text} label="Copy key" />
    </div>
    <Banner tone="warning" icon={<KeyRound aria-hidden />}>
      Copy it now. It is stored only as a hash and cannot be shown again.
    </Banner>
    <CodeBlock
      label="First call"
      code={`curl ${dashboardUrl}/api/v1/organization \\\n  -H "Authorization: Bearer ${text}"`}
    />
    <div className="flex justify-end">
      <Button onClick={onDone}>I have copied it</Button>
    </div>
  </div>
)

interface FormProps {
  readonly state: CreateManagementKeyState
  readonly submit: (form: FormData) => void
  readonly onCancel: () => void
}

const CreateForm = ({ state: { message, fields, values }, submit, onCancel }: FormProps) => {
  return (
    <form action={submit} className="space-y-4" noValidate>
      <Problem message={message} />
      <InputField
        label="Name"
        name="name"
        required
        maxLength={80}
        placeholder="Nightly budget report"
        defaultValue={values?.['name']}
        error={fields?.['name']}
      />
      <SelectField label="Role" name="role" defaultValue={values?.['role'] ?? 'viewer'} error={fields?.['role']}>
        {Object.entries(ROLE_WORDS).map(([role, { label, detail }]) => (
          <option key={role} value={role}>
            {label}: {detail}
          </option>
        ))}
      </SelectField>
      <SelectField label="Expires" name="days" defaultValue={values?.['days'] ?? '90'}>
        <option value="30">In 30 days</option>
        <option value="90">In 90 days</option>
        <option value="365">In a year</option>
        <option value="0">Never</option>
      </SelectField>
      <InputField
        label="Allowed networks"
        name="allowedCidrs"
        optional
        placeholder="From anywhere"
        hint="Like 203.0.113.0/24, separated by commas."
        defaultValue={values?.['allowedCidrs']}
        error={fields?.['allowedCidrs']}
      />
      <div className="flex justify-end gap-2 pt-1">
        <Button tone="secondary" onClick={onCancel}>
          Cancel
        </Button>
        <SubmitButton pendingLabel="Creating…">Create key</SubmitButton>
      </div>
    </form>
  )
}

interface DialogsProps extends CreateProps {
  readonly isOpen: boolean
  readonly onClose: () => void
}

const CreateDialogs = ({ orgSlug, dashboardUrl, isOpen, onClose }: DialogsProps) => {
  const { state, submit, dialog } = useGuardedAction<CreateManagementKeyState>(
    createManagementKeyAction.bind(null, orgSlug),
    IDLE,
  )
  const { managementKey } = state
  const isShown = managementKey !== undefined
  return (
    <>
      <Dialog
        isOpen={isOpen}
        onClose={onClose}
        title={isShown ? 'Your new management key' : 'Create a management key'}
        mustBeAnswered={isShown}
      >
        {isShown ? (
          <Shown text={managementKey} dashboardUrl={dashboardUrl} onDone={onClose} />
        ) : (
          <CreateForm state={state} submit={submit} onCancel={onClose} />
        )}
      </Dialog>
      {dialog}
    </>
  )
}

export const CreateManagementKeyDialog = (props: CreateProps) => {
  const [isOpen, setIsOpen] = useState(false)
  // Another form for each key: what one showed is not in the next.
  const [round, setRound] = useState(0)
  const open = () => {
    setRound(round + 1)
    setIsOpen(true)
  }
  return (
    <>
      <Button onClick={open}>
        <Plus aria-hidden /> Create management key
      </Button>
      <CreateDialogs key={round} {...props} isOpen={isOpen} onClose={() => setIsOpen(false)} />
    </>
  )
}
