import { answerFromView } from './answers.js';
import type { RequestView } from './view.js';

/** Where one question ends and the next begins: `What is my name, and where do I live?` */
const seam = /(?:,?\s+and|[,;?])\s+(?=(?:what|where|who|when|which|how|do|does|did|am|is|are)\b)/i;

/**
 * Answers a question, or several asked in one sentence, from what is in view. Null where one of them has no answer
 * there, and neither has the sentence as a whole.
 */
export function answerQuestions(view: RequestView, question: string): string | null {
  const parts = question.split(seam).filter((part) => part.trim() !== '');
  const answers = parts.length < 2 ? [] : parts.map((part) => answerFromView(view, part));
  const known = answers.filter((answer) => answer !== null);
  if (parts.length > 1 && known.length === parts.length) return [...new Set(known)].join(' ');
  return answerFromView(view, question);
}
