// The answers of a person to calls that wait for one. No DOM here.

import { Problem } from './api.js';
import { answeredElsewhere, noticeOf } from './notices.js';
import { closeRequest } from './requests.js';
import { visibleJson } from './visible.js';

/** A call's arguments, as they are read and edited. */
export function argsText(args) {
  return visibleJson(JSON.stringify(args, null, 2));
}

export class Approvals {
  #api;
  #chat;
  #onChange;
  #onNotice;

  /** @param {object} options  The Chat whose requests are answered, and what it was made with. */
  constructor({ api, chat, onChange, onNotice }) {
    this.#api = api;
    this.#chat = chat;
    this.#onChange = onChange;
    this.#onNotice = onNotice;
  }

  /**
   * Answers a request.
   * @param {object} request
   * @param {object} decision  `{ approved, reason, args, remember }`; args: the text of other arguments, null for those of the call;
   *   remember: 'call', 'tool' or ''.
   * @returns {Promise<?object>} What is wrong with the answer, `{ field, title, lines }`; null when the request is closed.
   */
  async answer(request, decision) {
    const { conversation } = this.#chat;
    const wrong = decision.approved && decision.args !== null ? whatIsWrong(decision.args) : null;

    if (wrong !== null) {
      return { field: 'args', title: 'The arguments must be a JSON object.', lines: wrong };
    }

    let notice = null;

    try {
      await this.#api.answer(conversation.id, request.id, bodyOf(decision));
    } catch (error) {
      if (!isTooLate(error)) {
        return { field: fieldOf(error), ...noticeOf(error) };
      }

      notice = answeredElsewhere(request);
    }

    this.#close(conversation, request, notice);
    return null;
  }

  #close(conversation, request, notice) {
    closeRequest(conversation, request.id);
    if (this.#chat.conversation === conversation) {
      this.#onNotice(notice);
      this.#onChange();

      if (!this.#chat.isBusy) {
        this.#chat.refresh();
      }
    }
  }
}

/** Other arguments are sent as they were typed: numbers can be beyond what this page can hold. */
function bodyOf({ approved, reason, args, remember }) {
  const body = JSON.stringify({
    approved,
    ...(!approved && reason.trim() !== '' ? { reason: reason.trim() } : {}),
    ...(approved && remember !== '' ? { remember } : {}),
  });
  return approved && args !== null ? `${body.slice(0, -1)},"args":${args}}` : body;
}

/** Why a text is no JSON object; null when it is one. */
function whatIsWrong(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? null : [];
  } catch (error) {
    return [error.message];
  }
}

/** A session that is busy gets 409, too; its request is still open. */
function isTooLate(error) {
  return error instanceof Problem && (error.status === 404 || (error.status === 409 && error.fields.includes('request_id')));
}

function fieldOf(error) {
  return error instanceof Problem && error.fields.some(field => field.split('/')[0] === 'args') ? 'args' : null;
}
