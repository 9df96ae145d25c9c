/**
 * A labelled text that blocks begin with. Labelled `human` or `persona` it is what MemGPT calls a human or a persona;
 * Letta 0.4 calls all of them blocks.
 */
export interface Template {
  id: string;
  ownerId: string;
  label: string;
  /** What it is asked for by; unique for an owner and label, null for a text that nobody asks for by name. */
  name: string | null;
  value: string;
  /** The most Unicode code points `value` may hold. */
  charsMax: number;
  description: string | null;
  /** False for a block that stands alone and is offered to nobody. */
  offered: boolean;
  /** What a face must give back. */
  metadata: Record<string, unknown>;
  createdAt: number;
  updatedAt: number;
}
