import type { Letter } from "./letter.ts";

type Language = "en" | "el";
type Detail = (name: string) => string;
type Event = (detail: Detail) => Letter;

const about = {
  en: (detail: Detail) =>
    detail("mailbox") === ""
      ? "the pages of the administration, without anybody's mail"
      : `the mailbox ${detail("mailbox")}, to read`,
  el: (detail: Detail) =>
    detail("mailbox") === ""
      ? "οι σελίδες διαχείρισης, χωρίς την αλληλογραφία κανενός"
      : `η θυρίδα ${detail("mailbox")}, για ανάγνωση`,
} as const;

const SUPPORT: Readonly<Record<Language, Readonly<Record<string, Event>>>> = {
  en: {
    asked: (detail) => ({
      subject: `Support asks for access: ${detail("operator")}`,
      text: [
        `${detail("operator")} of the operator's support asks for access for ${detail("hours")} hours: ${about.en(detail)}.`,
        `The reason: ${detail("reason")}`,
        "Nothing is open until you agree in the administration, under Security, Support access. You can refuse, and end an access at any time. If you did not ask for help, refuse.",
      ],
    }),
    granted: (detail) => ({
      subject: `Support has access: ${detail("operator")}`,
      text: [
        `${detail("operator")} of the operator's support has access until ${detail("until")}: ${about.en(detail)}. ${detail("by")} agreed.`,
        `The reason: ${detail("reason")}`,
        "Everything that is done with it stands in the audit log. You can end it at any time.",
      ],
    }),
    closed: (detail) => ({
      subject: `Support has no access: ${detail("operator")}`,
      text: [`The access of ${detail("operator")} is over: ${about.en(detail)}. ${detail("by")} closed it.`],
    }),
  },
  el: {
    asked: (detail) => ({
      subject: `Η υποστήριξη ζητά πρόσβαση: ${detail("operator")}`,
      text: [
        `Ο χειριστής ${detail("operator")} της υποστήριξης ζητά πρόσβαση για ${detail("hours")} ώρες: ${about.el(detail)}.`,
        `Ο λόγος: ${detail("reason")}`,
        "Τίποτα δεν ανοίγει αν δεν συμφωνήσετε στη διαχείριση, στην Ασφάλεια, Πρόσβαση υποστήριξης. Μπορείτε να αρνηθείτε, και να τερματίσετε την πρόσβαση οποτεδήποτε. Αν δεν ζητήσατε βοήθεια, αρνηθείτε.",
      ],
    }),
    granted: (detail) => ({
      subject: `Η υποστήριξη έχει πρόσβαση: ${detail("operator")}`,
      text: [
        `Ο χειριστής ${detail("operator")} της υποστήριξης έχει πρόσβαση έως ${detail("until")}: ${about.el(detail)}. Συμφώνησε: ${detail("by")}.`,
        `Ο λόγος: ${detail("reason")}`,
        "Ό,τι γίνεται με αυτήν καταγράφεται στο αρχείο ελέγχου. Μπορείτε να την τερματίσετε οποτεδήποτε.",
      ],
    }),
    closed: (detail) => ({
      subject: `Η υποστήριξη δεν έχει πρόσβαση: ${detail("operator")}`,
      text: [
        `Η πρόσβαση του ${detail("operator")} έληξε: ${about.el(detail)}. Την έκλεισε: ${detail("by")}.`,
      ],
    }),
  },
};

const VERIFICATION: Readonly<Record<Language, Readonly<Record<string, Event>>>> = {
  en: {
    verified: (detail) => ({
      subject: "Your agency is verified",
      text: [
        `Your agency is verified: ${detail("name")}. The limit for agencies that are not verified does not count for it any more.`,
      ],
    }),
    refused: (detail) => ({
      subject: "Your agency was not verified",
      text: [
        `The operator did not verify your agency: ${detail("reason")}`,
        "Mail comes in and goes between your people as before; mail to others stays limited. Ask your operator what is missing.",
      ],
    }),
    contested: (detail) => ({
      subject: "The operator looks at your verification",
      text: [
        `Another agency is verified as ${detail("name")} already. The operator decides which of you it is, and will tell you.`,
      ],
    }),
  },
  el: {
    verified: (detail) => ({
      subject: "Ο φορέας σας επαληθεύτηκε",
      text: [
        `Ο φορέας σας επαληθεύτηκε: ${detail("name")}. Το όριο για φορείς που δεν έχουν επαληθευτεί δεν ισχύει πια.`,
      ],
    }),
    refused: (detail) => ({
      subject: "Ο φορέας σας δεν επαληθεύτηκε",
      text: [
        `Ο πάροχος δεν επαλήθευσε τον φορέα σας: ${detail("reason")}`,
        "Η εισερχόμενη και η εσωτερική αλληλογραφία συνεχίζονται όπως πριν· η αλληλογραφία προς τρίτους παραμένει περιορισμένη. Ρωτήστε τον πάροχο τι λείπει.",
      ],
    }),
    contested: (detail) => ({
      subject: "Ο πάροχος εξετάζει την επαλήθευσή σας",
      text: [
        `Άλλος φορέας έχει ήδη επαληθευτεί ως ${detail("name")}. Ο πάροχος αποφασίζει ποιος από τους δύο είναι, και θα σας ενημερώσει.`,
      ],
    }),
  },
};

const NONE: Letter = { subject: "", text: [] };

const pick =
  (events: (typeof SUPPORT)[Language]) =>
  ({ detail }: { readonly detail: Detail }): Letter =>
    events[detail("event")]?.(detail) ?? NONE;

/** What administrators read about an access of the operator's support; `event` of the detail says which. */
export const SUPPORT_LETTERS = { en: pick(SUPPORT.en), el: pick(SUPPORT.el) } as const;

/** What they read about the verification of their agency. */
export const VERIFICATION_LETTERS = { en: pick(VERIFICATION.en), el: pick(VERIFICATION.el) } as const;
