/** From a closed conversation to an article about it. */
import { api, reason } from "../api";
import { go } from "../router";
import { toast } from "../ui/toast";

/** Makes a draft of what was asked and answered, without what could name a person, and goes there. */
export async function articleOf(conversation: string): Promise<void> {
  try {
    const made = await api.post<{ id: string }>("/articles/from-conversation", { conversation });
    go(`/settings/articles/${made.id}`);
  } catch (error) {
    toast(reason(error), { bad: true });
  }
}
