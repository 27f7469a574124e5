interface InstructionWords {
  readonly subject: (domain: string) => string;
  readonly greeting: (domain: string, writer: string) => string;
  readonly core: string;
  readonly later: string;
  readonly optional: string;
  readonly end: string;
  readonly type: string;
  readonly name: string;
  readonly short: string;
  readonly priority: string;
  readonly value: string;
  readonly instead: string;
}

/** The letter to whoever keeps the DNS. */
export const INSTRUCTIONS: Readonly<Record<"en" | "el", InstructionWords>> = {
  en: {
    subject: (domain) => `DNS records for ${domain}`,
    greeting: (domain, writer) =>
      `${writer} asks you to enter these records in the DNS of ${domain}, so that its mail can move. Please enter them exactly as they stand here. Records that are not named here stay as they are.`,
    core: "ENTER NOW. Nothing changes for the mail of today.",
    later: "ENTER WHEN YOU ARE ASKED TO: from then on mail comes in at the new server.",
    optional: "RECOMMENDED",
    end: "Nothing else is needed: what you enter is found by itself within some minutes. If your provider switches a proxy on for new names (Cloudflare's orange cloud), please switch it off for these.",
    type: "Type",
    name: "Name",
    short: "in most forms",
    priority: "Priority",
    value: "Value",
    instead: "in place of",
  },
  el: {
    subject: (domain) => `Εγγραφές DNS για το ${domain}`,
    greeting: (domain, writer) =>
      `Εκ μέρους: ${writer}. Παρακαλούμε καταχωρίστε τις παρακάτω εγγραφές στο DNS του ${domain}, ώστε να μεταφερθεί η αλληλογραφία του. Καταχωρίστε τις ακριβώς όπως είναι εδώ. Όσες εγγραφές δεν αναφέρονται μένουν όπως είναι.`,
    core: "ΚΑΤΑΧΩΡΙΣΤΕ ΤΩΡΑ. Για τη σημερινή αλληλογραφία δεν αλλάζει τίποτα.",
    later: "ΚΑΤΑΧΩΡΙΣΤΕ ΟΤΑΝ ΣΑΣ ΖΗΤΗΘΕΙ: από εκείνη τη στιγμή τα μηνύματα έρχονται στον νέο διακομιστή.",
    optional: "ΣΥΝΙΣΤΩΝΤΑΙ",
    end: "Δεν χρειάζεται τίποτε άλλο: ό,τι καταχωρίσετε εντοπίζεται αυτόματα μέσα σε λίγα λεπτά. Αν ο πάροχός σας ενεργοποιεί διαμεσολάβηση (proxy) για νέα ονόματα, όπως το πορτοκαλί σύννεφο της Cloudflare, απενεργοποιήστε την για αυτά.",
    type: "Τύπος",
    name: "Όνομα",
    short: "στις περισσότερες φόρμες",
    priority: "Προτεραιότητα",
    value: "Τιμή",
    instead: "στη θέση του",
  },
};
