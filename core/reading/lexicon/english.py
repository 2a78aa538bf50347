"""English words by what they mean for an agreement: fillers, synonyms and opposites.

Groups of synonyms are parted by semicolons; a word may stand in several. Opposites are two lists each.
"""

# Words of grammar: their presence or absence is read by the rules for operators alone.
FILLERS = frozenset(
    """
    a an the this that these those it its itself they them their themselves he she him her his hers we us
    our ours you your yours i me my mine one ones who whom whose which what where why how there here be is
    are was were been being am 's 're 've 'd 'll do does did done doing have has had having will would let
    of in on at to from by for with into onto upon about as than and or but so also too then thus hence
    therefore however moreover furthermore additionally instead else yet still just even both either whether
    such another other others own per via through during among between within across along around before
    after until till since because due if when while unless although though whereas only all each every any
    some most many much more less few several no not never none nor neither without can could may might must
    shall should ought cannot required allowed permitted n't s t re ve ll d etc e.g i.e namely respectively
    according accordance regarding concerning well very quite rather really actually simply basically
    generally particularly especially specifically currently now today already again ever once always
    usually often sometimes out
    """.split()
)
# Words that say so little that a sentence may add them, but not in the place of another word.
VAGUE = frozenset(
    """
    reach reaches reached addition took gave given down up
    case cases way ways thing things kind kinds type types sort sorts form forms part parts item items
    fact facts example examples instance instances number numbers amount amounts use uses used using usage
    utilize utilizes utilise utilises utilized utilised user users employ employs employed person people
    someone anyone everyone somebody anybody everybody something anything everything mean means meant refer
    refers referred include includes included including consist consists call calls called known name named
    say says said state states stated describe describes described mention mentions mentioned document
    documents documentation passage source text section following provide provides provided exist exists
    existed occur occurs occurred happen happens happened ensure ensures sure perform performs performed
    takes type various certain specific related relevant appropriate corresponding applicable available
    important note aware please help helps area step steps option options process work works feature
    features make makes made making take taken get gets got give given go goes come put set become becomes
    keep necessary possible allow allows need needs needed want wants like look brief
    """.split()
)
SYNONYMS = """
phase stage; often frequently regularly; usage utilization use; chance opportunity; appear seem; larger bigger
greater; smaller lesser; incorrect wrong; eventually finally ultimately lastly; element component;
iterate repeat redo; supplier provider vendor; react respond; anticipate expect; advisable recommended;
necessary needed required essential; enough sufficient; nearly almost;
start begin commence initiate launch; end finish conclude complete terminate; stop halt cease; buy purchase
acquire; sell vend; help assist aid support; repair fix mend; replace exchange substitute swap change;
change modify alter adjust amend; check inspect examine verify control; check test; choose select pick; show
display indicate; show demonstrate; say state tell; ask request inquire; send submit transmit dispatch;
submit hand file; receive obtain get; get obtain acquire; need require; keep retain maintain hold; keep
store; store save; remove delete erase; remove detach dismount; delete erase; fasten attach fix mount
secure; attach connect join; link connect; install fit mount; build construct assemble; make produce create
manufacture; create generate produce; cause trigger provoke; cause lead result; allow permit let enable
authorize authorise; forbid prohibit ban disallow; cancel revoke annul; approve authorize authorise sign;
confirm verify; inform notify tell advise report; contact call reach phone; employee worker staff personnel;
staff personnel team workforce; supervisor manager boss; firm company business enterprise organization
organisation; customer client; rule regulation policy; law act statute; vacation holiday leave; salary pay
wage; pay remunerate compensate; cost price charge fee; money fund; car automobile vehicle; doctor
physician; teacher instructor; child kid; movie film; picture image photo photograph; big large huge; small
little tiny; quick fast rapid swift; quickly fast rapidly swiftly promptly immediately; immediately
instantly once directly straightaway; slow gradual; begin start beginning; yearly annual annually; daily
day; weekly week; monthly month; hourly hour; twice two; often frequently; rarely seldom; important
significant crucial vital; main primary principal chief major; whole entire complete full; right correct
proper; wrong incorrect false; error fault failure mistake; fault failure defect malfunction; broken damaged
faulty defective; damage harm; dangerous hazardous unsafe; danger hazard risk; safe secure; hot warm; cold
cool; clean cleanse wash; rinse flush; dry dried; empty drain; fill load; turn rotate; turn switch; shut
close; lock secure; run operate work function; operate use; device machine unit apparatus; machine
equipment; equipment gear; tool instrument; part component piece; piece item; section part; area region
zone; place location site position; spot place; near close; about regarding; quantity amount; number
quantity; size dimension; speed velocity; rate speed; increase raise rise grow; increase boost; decrease
reduce lower fall drop decline; reduce lessen cut; exceed surpass; expire lapse end; last continue; wait
pause; live reside dwell inhabit; die decease death; born birth; marry wed marriage; win victory; lose loss;
write author; written authored; write record; sing perform; play perform; play act portray star; record
tape; release publish issue; publish print; found establish founded; establish create; locate situate
position; locate find; include contain comprise; contain hold; comprise consist; divide split; join unite
merge combine; combine mix blend; separate divide part; gather collect; meet encounter; leave depart exit;
arrive come reach; enter go; return back; carry transport; move relocate shift; travel journey trip; fly
flight; drive ride; walk foot; rely depend; depend hinge; need necessity; must mandatory; obligatory
mandatory compulsory required; optional voluntary; additional extra further; other another; different
distinct; same identical equal; similar alike; equal equivalent; usual normal regular common; common
widespread; typical normal; rare uncommon; popular famous; famous well-known known; known famous; old
elderly; old former; former previous earlier prior; previous preceding; next following subsequent; following
after; later afterwards subsequently; before prior previously; first initial; last final; latest newest
recent; current present; today present; future upcoming; try attempt; goal aim purpose objective; purpose
function role; reason cause; result outcome consequence; effect impact; way method manner; method procedure
technique process; procedure process; step stage; task job; job work; work labor labour; duty task
responsibility obligation; responsible liable accountable; problem issue trouble; solution answer; answer
reply respond response; question query; explain describe clarify; describe depict; mean signify denote;
define definition; name title term; title heading; word term; idea concept; think believe consider; believe
assume; consider regard view; see view watch; look see; hear listen; know aware; learn study; teach train
instruct; train training; school education; student pupil; university college; country nation state; nation
people; city town; capital city; government state; president head; leader head chief; lead direct; king
ruler monarch; war conflict; army military; soldier troop; fight battle; attack assault; protect guard
defend; guard protection; avoid prevent; prevent stop; allow let; accept agree; reject refuse decline deny;
agree consent; disagree differ; plan scheme; planned scheduled; schedule plan timetable; date day; period
time duration; duration length; era period; moment instant; deadline limit; limit restrict restriction;
maximum max most upper; minimum min least lower; average mean; total sum whole; sum amount; half 50; share
portion proportion; percentage percent share; majority most; several multiple; various diverse; group team;
member participant; participant attendee; together jointly; alone single; single sole one; unique single;
special particular; specific particular; exact precise; exactly precisely; approximately roughly about;
nearly almost; completely fully entirely totally wholly; partly partially; mainly mostly primarily chiefly
largely; especially particularly; likely probable; possible potential; impossible infeasible; easy simple;
difficult hard; simple plain; complex complicated; strong powerful; weak feeble; hard solid; soft gentle;
heavy weighty; light lightweight; high tall; low short; long lengthy; deep profound; wide broad; narrow
slim; thick dense; thin slim; round circular; straight direct; flat level; sharp keen; beautiful pretty;
happy glad; sad unhappy; angry mad; afraid scared; sick ill illness sickness; healthy fit; medicine drug
medication; hospital clinic; disease illness; pain ache; heart cardiac; blood sanguine; brain mind; body
corpse; food meal; drink beverage; water aqua; acid sour; metal metallic; oil petroleum; petrol gasoline;
gas vapour vapor; electricity power current electrical; lamp light; wire cable lead; screen display monitor;
computer pc; software program application app; program programme; file document; folder directory; password
passcode; user operator; log record; log journal; login sign-in; mail email e-mail; website site; internet
web; form sheet template; paper sheet; letter mail; copy duplicate; original initial; list enumerate; table
chart; rule norm; standard norm; requirement condition; condition state; circumstance situation; situation
case; event incident occurrence; accident incident; fire blaze; flood inundation; storm tempest; weather
climate; season time; spring springtime; autumn fall; mountain mount peak; hill mount; sea ocean; lake pond;
river stream; forest wood; tree plant; animal creature; dog hound; horse equine; bird fowl; fish seafood;
north northern; south southern; east eastern; west western; left left-hand; right right-hand; top upper;
bottom lower; front forward; back rear; inside interior inner within; outside exterior outer; beginning
start; middle center centre; center centre; edge border; border boundary; corner angle; side flank; surface
face; layer coat; cover lid; lid cap; cover wrap; wrap pack; package parcel packet; box case container;
container vessel tank; bottle flask; bag sack; rope cord; chain series; series sequence; order sequence;
order command; command instruct; request application; apply request; approval permission consent
authorization authorisation; permission permit; permit licence license; contract agreement; reimburse refund
repay; reimbursement refund; grant award; prize award; fund finance; tax levy; budget funds; profit gain;
income earnings revenue; expense cost expenditure; debt liability; bank lender; account record; colour
color; grey gray; metre meter; litre liter; favour favor; organise organize; analyse analyze; recognise
recognize; catalogue catalog; cheque check; tyre tire; aluminium aluminum; defence defense; licence license;
practise practice; travelling traveling; labelled labeled; fulfil fulfill; enrol enroll register; register
sign; u.s us usa america american; uk britain british; u.s.a usa
"""
# Both sides of a colon exclude each other.
OPPOSITES = """
open opened opening : close closed closing shut; on : off; increase increases increased rise raise grow gain
: decrease decreases decreased reduce lower fall drop decline shrink; start begin commence : stop end finish
halt; high higher highest : low lower lowest; hot hotter warm : cold colder cool; left : right; upper top :
lower bottom; inside inner internal interior : outside outer external exterior; first : last; early earlier
earliest : late later latest; minimum min least : maximum max most; allow permit allowed permitted
permissible : forbid prohibit forbidden prohibited; accept approve approved accepted : reject refuse
rejected refused deny; enable enabled activate : disable disabled deactivate; connect connected attach :
disconnect disconnected detach; lock locked : unlock unlocked; include included including : exclude excluded
excluding; add added : remove removed subtract; push : pull; tighten tightened tight : loosen loosened
loose; fill filled full : empty drain drained; wet moist damp : dry dried; clean : dirty soiled; input inlet
: output outlet; public : private confidential; paid : unpaid; buy purchase : sell; win won : lose lost;
success succeed pass passed : failure fail failed; true correct right : false incorrect wrong; day daytime :
night nighttime; north northern : south southern; east eastern : west western; clockwise : counterclockwise
anticlockwise counter-clockwise anti-clockwise; ascending : descending; more : less fewer; many : few; long
longer longest : short shorter shortest; new newer : old older; large larger big bigger : small smaller
little; fast faster quick : slow slower; strong stronger : weak weaker; heavy heavier : light lighter; thick
thicker : thin thinner; wide wider broad : narrow narrower; deep : shallow; better best : worse worst;
positive : negative; active : inactive passive; automatic automatically : manual manually; mandatory
compulsory required obligatory : optional voluntary; valid : invalid expired; same identical : different;
normal regular : abnormal irregular; forward : backward reverse; up upward upwards : down downward
downwards; enter arrive : exit leave depart; import : export; send : receive; safe : unsafe dangerous;
present : absent; before : after; above over : below under; internal : external; permanent : temporary;
major : minor; common : rare; single : multiple; horizontal : vertical; full-time : part-time; male man men
: female woman women; summer : winter; morning : evening; front : rear back; alive living : dead; visible :
hidden invisible; encrypted : unencrypted plain; employer : employee; buyer : seller; gross : net; credit :
debit; acid acidic : alkaline alkali caustic; empty : loaded; energized energised live : de-energized
de-energised
"""
