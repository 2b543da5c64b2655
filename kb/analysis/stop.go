package analysis

import "strings"

// stopWords are the words of a language that occur in nearly every text, as
// [Analyzer.Words] folds them: lower case, without accents and apostrophes.
var stopWords = map[string]map[string]bool{
	"en": stopSet(`a about after all also am an and any are as at be because been before being both but by can could
		did do does doing for from had has have having he her here him his how i if in into is it its just let me more most my
		no not now of on one only or other our out over own please she should so some such than that the their them then there
		these they this those to too up us very was we were what when where which while who why will with would you your
		im ive id youre its dont cant wont doesnt didnt isnt arent whats hi hello hey thanks thank get got want need`),
	"de": stopSet(`aber alle allem allen aller alles als also am an auch auf aus bei beim bin bis bist bitte da damit dann das dass
		dein deine dem den denn der des die dies diese diesem diesen dieser dieses dir doch du durch ein eine einem einen einer
		eines er es etwas euch fur gibt hab habe haben hallo hat hatte hatten ich ihm ihn ihr ihre ihrem ihren ihrer im in ins ist
		ja jede jeder jetzt kann kein keine konnen konnte man mein meine meinem meinen meiner mich mir mit muss nach nicht noch nun
		nur ob oder ohne sehr sein seine seinem seinen seiner sich sie sind so soll sollte uber um und uns unser unsere unter vom
		von vor war waren warum was weil welche welchem welchen welcher welches wenn wer werde werden wie wieder will wir wird wo
		wurde wurden zu zum zur`),
	"es": stopSet(`a al algo como con cual cuales cuando cuanto cuantos cuantas de del desde donde dos el ella ellas ellos en entre era
		eran es esa ese eso esta estan estas este esto estos fue fueron ha hace han hasta hay hola la las le les lo los mas me mi
		mis muy ni no nos o para pero por porque puede puedo que quien quienes se ser si sin sobre son su sus tambien tan te tiene
		tienen todo todos tu tus un una uno unos unas y ya yo`),
	"fr": stopSet(`a ai alors au aucun aussi autre aux avec avoir bonjour c ca car ce cela ces cet cette ceux chez comme comment d
		dans de des deux donc du elle elles en encore est et etait ete etre eu faire fait faut il ils j je l la le les leur leurs lui
		m ma mais me meme mes moi mon n ne nos notre nous on ont ou par pas peut peux plus pour pourquoi qu quand que quel quelle
		quelles quels qui quoi s sa sans se ses si son sont sur t ta te tes toi ton tous tout toute toutes tres tu un une vos votre
		vous y`),
	"it": stopSet(`a ad ai al alla alle allo anche che chi ci come con cosa cui da dal dalla dalle dei del della delle dello di dove e
		ed era gli ha hai hanno ho i il in io la le lo lui ma mi mia mio ne nei nel nella nelle noi non o per perche piu quale quali
		quando quanto questa queste questi questo se sei si sia sono su sua sui sul sulla suo ti tra tu un una uno vi voi`),
	"pt": stopSet(`a ao aos as com como da das de dela dele do dos e ela elas ele em entre era essa esse esta este eu foi ha isso
		isto ja lhe mais mas me meu minha muito na nao nas nem no nos o os ou para pela pelas pelo pelos por porque qual quais
		quando quanto que quem se sem ser seu seus sua suas tambem te tem um uma umas uns voce voces`),
	"nl": stopSet(`aan als bij dan dat de den der deze die dit door een en er ge geen had heb hebben heeft het hij hoe hun ik in is ja je
		jij kan kunnen maar me meer met mij mijn moet na naar niet nog nu of om onder ons ook op over te tegen toch tot u uit uw van
		veel voor waar wanneer want waren was wat we wel werd wie wij wil worden wordt ze zich zij zijn zo zou`),
	"ru": stopSet(`а без бы был была были было быть в вам вас во вот все вы где для до его ее если есть еще же за здесь и из или им их к
		как какая какие какой когда которая которого которой которые который кто ли мне много может мой мы на над нас не него нее
		нет ни но о об он она они от по под после почему при с сколько со так также там то тоже только тот ты у уже что чтобы чем
		это этого этой этом этот эти я`),
}

// IsStop reports whether a word, as [Word.Text] has it, occurs in nearly every
// text of a language. It is false for a language whose such words are not known.
func IsStop(lang, word string) bool { return stopWords[lang][word] }

func stopSet(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}
